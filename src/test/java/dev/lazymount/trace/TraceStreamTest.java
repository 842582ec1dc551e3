package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.LoggingTestKit;
import dev.lazymount.support.ScriptedTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The streams on the output of bpftrace, and their back-pressure. */
final class TraceStreamTest extends TraceFixture {
  private ScriptedTrace.Run run() throws InterruptedException {
    bpftrace.canary(ScriptedTrace.LOST);
    start(NEVER);
    return bpftrace.run();
  }

  @Test
  void accessesArriveInOrder() throws Exception {
    ScriptedTrace.Run run = run();
    run.print(ScriptedTrace.event("/ce/a", "sh") + ScriptedTrace.event("/ce/b", "sh"));
    run.print(ScriptedTrace.event("/ce/c", "sh"));
    assertEquals(List.of("/ce/a", "/ce/b", "/ce/c"), paths(3));
    assertEquals(3, counters.seen.sum());
  }

  @Test
  void pathIsReportedOncePerWindow() throws Exception {
    ScriptedTrace.Run run = run();
    run.print(ScriptedTrace.event("/ce/a", "sh").repeat(3));
    run.print(ScriptedTrace.event("/ce/a", "sh") + ScriptedTrace.event("/ce/b", "sh"));
    assertEquals(List.of("/ce/a", "/ce/b"), paths(2));
    run.print(ScriptedTrace.tick());
    run.print(ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/a"), paths(1));
    assertEquals(6, counters.seen.sum());
  }

  @Test
  void garbageIsCountedAndSkipped() throws Exception {
    ScriptedTrace.Run run = run();
    run.print("Attaching 6 probes...\n\u0000\u0001\ufffd\n");
    run.print("x".repeat(10_000_000) + "\n");
    run.print(ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/a"), paths(1));
    assertEquals(2, counters.unparsed.sum(), "the first line is known");
  }

  @Test
  void unparsedLineIsLoggedOncePerKindPrintableAndWithoutTheMark() throws Exception {
    ScriptedTrace.Run run = run();
    report(TraceReport.Started.class);
    LoggingTestKit foreign = LoggingTestKit.warn("a line that is no event").withOccurrences(1);
    LoggingTestKit cutOff = LoggingTestKit.warn("an event that was cut off").withOccurrences(1);
    foreign.expect(
        kit().system(),
        () ->
            cutOff.expect(
                kit().system(),
                () -> {
                  run.print("what\u0007ever\nsecond\n");
                  run.print(ScriptedTrace.MARK + " 12 openat /ce/cut\n");
                  run.print(ScriptedTrace.event("/ce/a", "sh"));
                  return paths(1);
                }));
    assertEquals(3, counters.unparsed.sum());
  }

  @Test
  void lostEventsOfBothOutputsAreCounted() throws Exception {
    ScriptedTrace.Run run = run();
    run.print("Lost 12 events\n");
    run.complain("Lost 30 events\nWARNING: Lost 400 events\n");
    run.complain("the last word\n");
    run.end(1);
    report(TraceReport.Started.class);
    assertEquals(
        "bpftrace ended with status 1: the last word", report(TraceReport.Failed.class).reason());
    // The other output may be read a moment later.
    router.awaitAssert(SOON, () -> assertLost(442));
  }

  private Void assertLost(long expected) {
    assertEquals(expected, counters.lost.sum());
    return null;
  }

  @Test
  void tenMegabytesOfErrorsBecomeAFewLines() throws Exception {
    ScriptedTrace.Run run = run();
    run.complain("ERROR: couldn't set RLIMIT_MEMLOCK\n");
    for (int i = 0; i < 100; i++) {
      run.complain("x".repeat(100_000));
    }
    run.complain("\nWARNING: end\n");
    run.print(ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/a"), paths(1));
    run.end(1);
    report(TraceReport.Started.class);
    String reason = report(TraceReport.Failed.class).reason();
    assertTrue(reason.endsWith("x | WARNING: end"), reason);
    assertTrue(reason.length() < 1000, () -> reason.length() + " characters");
  }

  @Test
  void nextBatchWaitsForTheConfirmation() throws Exception {
    ScriptedTrace.Run run = run();
    Batch first = router.receiveMessage(SOON);
    assertEquals(List.of(), first.accesses(), "the handshake");
    IntStream.range(0, 1000).forEach(i -> run.print(ScriptedTrace.event("/ce/" + i, "sh")));
    router.expectNoMessage(Duration.ofMillis(200));

    first.answerTo().tell(TraceSource.Ack.ACK);
    Batch second = router.receiveMessage(SOON);
    assertEquals("/ce/0", second.accesses().get(0).path());
    router.expectNoMessage(Duration.ofMillis(200));
    assertTrue(run.unread() > 900, () -> "it reads on: " + run.unread() + " are left");

    second.answerTo().tell(TraceSource.Ack.ACK);
    List<String> rest = new ArrayList<>(paths(999));
    assertEquals(IntStream.range(1, 1000).mapToObj(i -> "/ce/" + i).toList(), rest);
  }

  @Test
  void canaryReturnsWhileTheReceiverIsSlow() throws Exception {
    start(NEVER);
    router.receiveMessage(SOON).answerTo().tell(TraceSource.Ack.ACK);
    report(TraceReport.Started.class);
    bpftrace.run().print(ScriptedTrace.event("/ce/a", "sh"));
    router.receiveMessage(SOON);
    for (int i = 0; i < 10; i++) {
      canaryBack();
    }
  }
}
