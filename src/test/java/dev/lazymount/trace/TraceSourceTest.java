package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.support.ScriptedTrace;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The life of bpftrace: started, watched by the canary, restarted, killed. */
final class TraceSourceTest extends TraceFixture {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  @Test
  void tellsWhatRunsAndEachCanaryThatComesBack() throws Exception {
    start(NEVER);
    assertEquals(
        new TraceReport.Started("resolved", bpftrace.run().pid(), TraceProgram.Names.ALL, null),
        report(TraceReport.Started.class));
    canaryBack();
    canaryBack();
  }

  @Test
  void aProgramThatCanNotBeStartedIsTriedAgainAndAgain() {
    bpftrace.refuse(launch -> launch < 4 ? "bpftrace not found" : null);
    start(NEVER);
    for (int i = 0; i < 3; i++) {
      assertEquals("bpftrace not found", report(TraceReport.Failed.class).reason());
    }
    report(TraceReport.Started.class);
    canaryBack();
    assertEquals(4, bpftrace.launches());
  }

  @Test
  void oneThatEndsAtOnceIsStartedAgainAndItsLastWordsTold() throws Exception {
    start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    first.complain("ERROR: couldn't set RLIMIT_MEMLOCK\nstdin:1: ERROR: tracepoint not found\n");
    first.end(1);
    assertEquals(
        "bpftrace ended with status 1: ERROR: couldn't set RLIMIT_MEMLOCK"
            + " | stdin:1: ERROR: tracepoint not found",
        report(TraceReport.Failed.class).reason());
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void theEndOfOneRunIsNoWordOfTheNext() throws Exception {
    bpftrace.canary(ScriptedTrace.LOST);
    start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    first.complain("the first\n");
    first.end(1);
    bpftrace.run().end(2);
    report(TraceReport.Started.class);
    assertEquals(
        "bpftrace ended with status 1: the first", report(TraceReport.Failed.class).reason());
    report(TraceReport.Started.class);
    assertEquals("bpftrace ended with status 2", report(TraceReport.Failed.class).reason());
  }

  @Test
  void oneThatEndsInTheMiddleOfALineIsStartedAgainWithAFreshParser() throws Exception {
    bpftrace.canary(ScriptedTrace.LOST);
    start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    first.print(ScriptedTrace.event("/ce/a", "sh") + ScriptedTrace.MARK + " 12 openat /ce/cut");
    assertEquals(List.of("/ce/a"), paths(1));
    first.end(0);
    ScriptedTrace.Run second = bpftrace.run();
    second.print(ScriptedTrace.event("/ce/b", "sh") + ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/b", "/ce/a"), paths(2));
  }

  @Test
  void oneThatWasKilledIsStartedAgain() throws Exception {
    start(NEVER);
    bpftrace.run().end(128 + 9);
    report(TraceReport.Started.class);
    assertEquals("bpftrace was killed by signal 9", report(TraceReport.Failed.class).reason());
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void oneThatLivesButIsSilentIsKilledAndTheNextIsLeftAlone() throws Exception {
    bpftrace.canary(
        (run, token) ->
            (run.pid() == 1 ? ScriptedTrace.LOST : ScriptedTrace.HOME).accept(run, token));
    start(PATIENCE);
    ScriptedTrace.Run first = bpftrace.run();
    first.print(ScriptedTrace.tick());
    report(TraceReport.Started.class);
    String reason = report(TraceReport.Failed.class).reason();
    assertTrue(reason.startsWith("bpftrace runs but reports nothing: no canary came back"), reason);
    first.awaitKilled();
    ScriptedTrace.Run second = bpftrace.run();
    report(TraceReport.Started.class);
    for (int i = 0; i < 5; i++) {
      canaryBack();
    }
    assertFalse(second.isKilled());
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void oneThatFallsSilentLaterIsNoticed() throws Exception {
    start(PATIENCE);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    canaryBack();
    bpftrace.canary(ScriptedTrace.LOST);
    report(TraceReport.Failed.class);
    first.awaitKilled();
  }

  @Test
  void aCanaryThatIsLostIsFollowedByAnother() {
    AtomicInteger flown = new AtomicInteger();
    bpftrace.canary(
        (run, token) -> {
          if (flown.incrementAndGet() > 5) {
            ScriptedTrace.HOME.accept(run, token);
          }
        });
    start(NEVER);
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void aCanaryNobodySentIsNone() throws Exception {
    bpftrace.canary(ScriptedTrace.LOST);
    start(NEVER);
    ScriptedTrace.Run run = bpftrace.run();
    run.print(ScriptedTrace.event(ScriptedTrace.CANARY + "forged", "canary"));
    run.print(ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/a"), paths(1));
    report(TraceReport.Started.class);
    run.end(1);
    report(TraceReport.Failed.class);
  }

  /** Restarting bpftrace would not make the storage answer. */
  @Test
  void aCanaryThatHangsIsToldAndNothingIsRestarted() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    bpftrace.canary((run, token) -> await(storage));
    start(Duration.ofMillis(50));
    ScriptedTrace.Run run = bpftrace.run();
    report(TraceReport.Started.class);
    for (int i = 0; i < 3; i++) {
      String reason = report(TraceReport.CanaryBlocked.class).reason();
      assertTrue(reason.contains("storage does not answer"), reason);
    }
    assertEquals(1, bpftrace.canaries(), "no other waits behind the one that hangs");
    run.print(ScriptedTrace.event("/ce/a", "sh"));
    assertEquals(List.of("/ce/a"), paths(1));

    bpftrace.canary(ScriptedTrace.HOME);
    storage.countDown();
    TraceReport next = parent.receiveMessage(SOON);
    while (next instanceof TraceReport.CanaryBlocked) {
      next = parent.receiveMessage(SOON);
    }
    assertTrue(next instanceof TraceReport.CanaryBack, next::toString);
    assertFalse(run.isKilled());
  }

  @Test
  void aProgramThatCanNotBeMadeIsTriedAgain() {
    AtomicInteger made = new AtomicInteger();
    bpftrace.making(
        () -> {
          if (made.incrementAndGet() == 1) {
            throw new TraceFailure("no types");
          }
        });
    start(NEVER);
    assertEquals("no types", report(TraceReport.Failed.class).reason());
    report(TraceReport.Started.class);
    canaryBack();
  }

  /** Where the root is, is asked of its storage. */
  @Test
  void aProgramWhoseMakingHangsIsToldAndMadeWhenTheStorageIsBack() {
    CountDownLatch storage = new CountDownLatch(1);
    bpftrace.making(() -> await(storage));
    ActorRef<TraceSource.Command> source = start(Duration.ofMillis(50));
    for (int i = 0; i < 3; i++) {
      String reason = report(TraceReport.CanaryBlocked.class).reason();
      assertTrue(reason.contains("storage does not answer"), reason);
    }
    source.tell(new TraceSource.Renew("names are deeper now"));
    storage.countDown();
    TraceReport next = parent.receiveMessage(SOON);
    while (next instanceof TraceReport.CanaryBlocked) {
      next = parent.receiveMessage(SOON);
    }
    assertTrue(next instanceof TraceReport.Started, next::toString);
    assertEquals(2, bpftrace.programs(), "the first was made before names were deeper");
    assertEquals(1, bpftrace.launches());
  }

  @Test
  void aRenewalStartsAnotherRun() throws Exception {
    ActorRef<TraceSource.Command> source = start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    source.tell(new TraceSource.Renew("names are deeper now"));
    assertEquals("names are deeper now", report(TraceReport.Failed.class).reason());
    assertEquals(List.of(), bpftrace.failures(), "the program is not to blame");
    first.awaitKilled();
    bpftrace.run();
    report(TraceReport.Started.class);
    canaryBack();
    canaryBack();
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void stoppedItKillsItsProcess() throws Exception {
    start(NEVER);
    ScriptedTrace.Run run = bpftrace.run();
    canaryBackAfterStart();
    stop();
    run.awaitKilled();
    assertEquals(1, bpftrace.launches());
  }

  private void canaryBackAfterStart() {
    report(TraceReport.Started.class);
    canaryBack();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
