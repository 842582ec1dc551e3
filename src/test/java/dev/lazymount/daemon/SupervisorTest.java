package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.status.DaemonState;
import dev.lazymount.support.ScriptedTrace;
import dev.lazymount.trace.TraceReport;
import dev.lazymount.trace.program.TraceProgram;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The life cycle, and what the service manager receives of it. */
final class SupervisorTest extends DaemonFixture {
  private static final List<String> STARTING =
      List.of("STATUS=starting: waiting for the first canary");
  private static final List<String> WATCHDOG = List.of("WATCHDOG=1");
  private static final List<String> TRACING = List.of("STATUS=ready: tracing accesses under /ce");
  private static final List<String> READY =
      List.of("READY=1", "STATUS=ready: tracing accesses under /ce");

  private record Flight(ScriptedTrace.Run run, String token) {}

  private final BlockingQueue<Flight> canaries = new LinkedBlockingQueue<>();

  /** From now on a canary comes back only by {@link #canaryComesBack}. */
  private void holdCanaries() {
    bpftrace.canary((run, token) -> canaries.add(new Flight(run, token)));
  }

  /** Brings a canary of this run back; returns the message that follows. */
  private List<String> canaryComesBack(ScriptedTrace.Run run) throws InterruptedException {
    List<String> message = List.of();
    while (message.isEmpty()) {
      Flight flight = canaries.poll(10, TimeUnit.SECONDS);
      assertNotNull(flight, "no canary was sent");
      if (flight.run() == run) {
        ScriptedTrace.HOME.accept(run, flight.token());
        message = systemd.poll(Duration.ofSeconds(2));
      }
    }
    // Those sent meanwhile belong to the same round.
    canaries.clear();
    return message;
  }

  /** The answer to a message of our own is the next one, so nothing was sent before it. */
  private void assertNothingIsSent(List<String> answer) throws InterruptedException {
    tell(new Supervisor.Storage(false));
    assertEquals(answer, systemd.next());
  }

  private List<String> nextButWatchdog() throws InterruptedException {
    List<String> message = systemd.next();
    while (message.equals(WATCHDOG)) {
      message = systemd.next();
    }
    return message;
  }

  @Test
  void readyIsSentWhenTheFirstCanaryIsBack() throws Exception {
    holdCanaries();
    start(found("gcc"));
    assertEquals(STARTING, systemd.next());
    ScriptedTrace.Run run = bpftrace.run();
    run.print(ScriptedTrace.tick() + ScriptedTrace.event("/ce/gcc/x", "sh"));
    await(() -> assertEquals(List.of("gcc"), mounter.names()));
    assertEquals(DaemonState.STARTING, status.state());
    assertNull(status.trace().canaryMillis());
    assertNothingIsSent(STARTING);

    assertEquals(WATCHDOG, canaryComesBack(run));
    assertEquals(READY, systemd.next());
    assertEquals(DaemonState.READY, status.state());
    assertTrue(status.trace().canaryMillis() > 0);
    assertEquals(run.pid(), status.trace().pid());
    assertNull(status.trace().problem());
  }

  @Test
  void onlyCanariesFeedTheWatchdog() throws Exception {
    holdCanaries();
    start(found("gcc"));
    assertEquals(STARTING, systemd.next());
    ScriptedTrace.Run run = bpftrace.run();
    assertEquals(WATCHDOG, canaryComesBack(run));
    assertEquals(READY, systemd.next());
    for (int i = 1; i <= 3; i++) {
      // Ticks and accesses arrive, which is no proof of a complete trace.
      run.print(ScriptedTrace.tick() + ScriptedTrace.event("/ce/gcc/x", "sh"));
      int seen = i;
      await(() -> assertEquals(seen, status.counters().seen.sum()));
      assertNothingIsSent(TRACING);
      assertEquals(WATCHDOG, canaryComesBack(run));
    }
  }

  @Test
  void deadTraceIsDegradedUntilTheNextCanary() throws Exception {
    start(found("gcc"));
    systemd.nextWith("READY=1");
    holdCanaries();
    bpftrace.run().end(1);
    List<String> degraded = nextButWatchdog();
    assertEquals(
        List.of("STATUS=degraded: bpftrace ended with status 1; restarting after a back-off"),
        degraded);
    ScriptedTrace.Run second = bpftrace.run();
    await(() -> assertEquals(second.pid(), status.trace().pid()));
    assertEquals(DaemonState.DEGRADED, status.state());
    assertEquals(1, status.counters().restarts.sum());
    assertTrue(status.trace().problem().contains("ended with status 1"), "until a canary is back");
    assertNull(status.trace().canaryMillis());

    assertEquals(WATCHDOG, canaryComesBack(second));
    assertEquals(READY, systemd.next());
    assertEquals(DaemonState.READY, status.state());
    assertNull(status.trace().problem());
  }

  @Test
  void traceThatNeverStartsStaysStarting() throws Exception {
    bpftrace.refuse(launch -> "bpftrace not found");
    start(found("gcc"));
    assertEquals(STARTING, systemd.next());
    for (int i = 0; i < 5; i++) {
      assertEquals(
          List.of("STATUS=starting: bpftrace not found; restarting after a back-off"),
          systemd.next());
    }
    assertEquals(DaemonState.STARTING, status.state());
    assertNull(status.trace().pid());
    assertTrue(status.counters().restarts.sum() >= 5);
  }

  @Test
  void hungStorageIsDegradedButTheWatchdogIsFed() throws Exception {
    canaryTimeout = Duration.ofMillis(500);
    CountDownLatch storage = new CountDownLatch(1);
    start(found("gcc"));
    systemd.nextWith("READY=1");
    bpftrace.canary((run, token) -> awaitQuietly(storage));
    List<String> degraded = nextButWatchdog();
    assertEquals(
        List.of(
            "STATUS=degraded: the canary's own access hangs; the root's storage does not respond"),
        degraded);
    assertEquals(WATCHDOG, systemd.next());
    assertEquals(DaemonState.DEGRADED, status.state());
    assertEquals(1, bpftrace.launches());

    bpftrace.canary(ScriptedTrace.HOME);
    storage.countDown();
    assertEquals(READY, systemd.nextWith("READY=1"));
    assertEquals(0, status.counters().restarts.sum());
  }

  @Test
  void endOfOneProblemDoesNotHideAnother() throws Exception {
    String storage =
        "the image storage does not respond: every mount thread hangs, no mount is attempted";
    String trace = "bpftrace ended with status 1; restarting after a back-off";
    start(found("gcc"));
    systemd.nextWith("READY=1");
    tell(new Supervisor.Storage(true));
    assertEquals(List.of("STATUS=ready: " + storage), nextButWatchdog());

    holdCanaries();
    bpftrace.run().end(1);
    assertEquals(List.of("STATUS=degraded: " + trace + "; " + storage), nextButWatchdog());
    apply("", false);
    assertEquals(
        List.of("READY=1", "STATUS=degraded: settings reloaded; " + trace + "; " + storage),
        nextButWatchdog());
    ScriptedTrace.Run second = bpftrace.run();
    canaryComesBack(second);
    assertEquals(List.of("READY=1", "STATUS=ready: " + storage), nextButWatchdog());

    second.end(1);
    assertEquals(List.of("STATUS=degraded: " + trace + "; " + storage), nextButWatchdog());
    tell(new Supervisor.Storage(false));
    assertEquals(List.of("STATUS=degraded: " + trace), nextButWatchdog());
    canaryComesBack(bpftrace.run());
    assertEquals(READY, nextButWatchdog());
  }

  @Test
  void stoppingIsFinal() throws Exception {
    holdCanaries();
    start(found("gcc"));
    assertEquals(STARTING, systemd.next());
    status.state(DaemonState.STOPPING);
    assertEquals(WATCHDOG, canaryComesBack(bpftrace.run()));
    await(() -> assertNotNull(status.trace().canaryMillis()));
    assertEquals(DaemonState.STOPPING, status.state());
    apply("", false);
    tell(new Supervisor.Storage(true));
    assertTrue(nextButWatchdog().get(0).startsWith("STATUS=stopping: "), "and not ready");
  }

  @Test
  void deeperNamesRenewTheTrace() throws Exception {
    bpftrace.names((deepest, longest) -> deepest <= 1);
    start(found("gcc"));
    ScriptedTrace.Run first = bpftrace.run();
    systemd.nextWith("READY=1");
    bpftrace.names((deepest, longest) -> deepest <= 3);
    scans.add(found("clang", "gcc"));
    scans.add(found("a/b/c", "gcc", "clang"));
    assertEquals(
        List.of(
            "STATUS=degraded: names have up to 3 components of up to 5 bytes now;"
                + " restarting after a back-off"),
        nextButWatchdog());
    first.awaitKilled();
    bpftrace.run();
    systemd.nextWith("READY=1");
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void longerNamesRenewTheTrace() throws Exception {
    bpftrace.names((deepest, longest) -> deepest <= 6 && longest <= 4);
    start();
    bpftrace.run();
    systemd.nextWith("READY=1");
    bpftrace.names(TraceProgram.Names.ALL);
    scans.add(found("a/longer"));
    bpftrace.run();
    systemd.nextWith("READY=1");
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void traceIsRenewedWhenTheDeepestNameReturns() throws Exception {
    bpftrace.names((deepest, longest) -> deepest <= 2);
    start(found("a/b"));
    ScriptedTrace.Run first = bpftrace.run();
    systemd.nextWith("READY=1");
    scans.add(found("a"));
    await(() -> assertEquals(1, status.deepestName()));
    bpftrace.names((deepest, longest) -> deepest <= 1);
    first.end(1);
    bpftrace.run();
    systemd.nextWith("READY=1");
    bpftrace.names((deepest, longest) -> deepest <= 2);
    scans.add(found("a/b"));
    bpftrace.run();
    systemd.nextWith("READY=1");
    assertEquals(3, bpftrace.launches());
  }

  @Test
  void deeperNamesFoundDuringAStartRenewTheTrace() throws Exception {
    CountDownLatch rootIsSlow = new CountDownLatch(1);
    bpftrace.names((deepest, longest) -> deepest <= 1);
    bpftrace.making(() -> awaitQuietly(rootIsSlow));
    start(found("gcc"));
    await(() -> assertEquals(1, bpftrace.programs()));
    scans.add(found("a/b/c"));
    // No scan but this one: the next has no script.
    await(() -> assertEquals(3, status.deepestName()));
    bpftrace.refuse(
        launch -> {
          // The first program exists by now; the next is for all names.
          bpftrace.names(TraceProgram.Names.ALL);
          return null;
        });
    rootIsSlow.countDown();
    bpftrace.run();
    bpftrace.run();
    systemd.nextWith("READY=1");
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void reloadAppliesSettingsAndSendsReady() throws Exception {
    start(found("gcc"));
    systemd.nextWith("READY=1");
    apply("mode = observe", false);
    assertEquals(List.of("READY=1", "STATUS=ready: settings reloaded"), nextButWatchdog());
    ScriptedTrace.Run run = bpftrace.run();
    run.print(ScriptedTrace.event("/ce/gcc/x", "sh"));
    await(() -> assertTrue(status.mounts().get("gcc").isPresent()));
    assertEquals(List.of(), mounter.names());
    assertFalse(run.isKilled());
  }

  @Test
  void reloadOfTraceSettingsIsReadyWhenTheNewTraceWorks() throws Exception {
    start(found("gcc"));
    systemd.nextWith("READY=1");
    ScriptedTrace.Run first = bpftrace.run();
    holdCanaries();
    apply("", true);
    assertEquals(
        List.of("STATUS=degraded: the settings of the trace have changed; restarting it"),
        nextButWatchdog());
    first.awaitKilled();
    ScriptedTrace.Run second = bpftrace.run();
    assertNothingIsSent(
        List.of("STATUS=degraded: the settings of the trace have changed; restarting it"));
    assertEquals(WATCHDOG, canaryComesBack(second));
    assertEquals(READY, systemd.next());
    assertEquals(0, status.counters().restarts.sum(), "it is no failure");
    assertEquals(1, bpftrace.abandoned(), "the programs of the settings before");
  }

  @Test
  void canaryOfTheReplacedTraceDoesNotCount() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    start(found("gcc"));
    systemd.nextWith("READY=1");
    bpftrace.run();
    bpftrace.killing(() -> awaitQuietly(end));
    holdCanaries();
    try {
      apply("", true);
      tell(new Supervisor.Trace(new TraceReport.CanaryBack(1)));
      tell(new Supervisor.Storage(false));
      assertTrue(nextButWatchdog().get(0).startsWith("STATUS=degraded: the settings of the trace"));
      assertTrue(nextButWatchdog().get(0).startsWith("STATUS=degraded"), "and not ready");
    } finally {
      end.countDown();
    }
    assertEquals(WATCHDOG, canaryComesBack(bpftrace.run()));
    assertEquals(READY, systemd.next(), "said once, by the canary of the new one");
  }

  @Test
  void failedWarmListIsRestarted() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    warmClock =
        () -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("a test's error in the warm list");
          }
          return Instant.now();
        };
    start(found("gcc"));
    systemd.nextWith("READY=1");
    await(() -> assertTrue(calls.get() > 1));
    assertEquals(DaemonState.READY, status.state());
  }

  @Test
  void bpftraceIsStartedAndKilledOffTheDefaultDispatcher() throws Exception {
    BlockingQueue<String> threads = new LinkedBlockingQueue<>();
    Runnable note = () -> threads.add(Thread.currentThread().getName());
    bpftrace.refuse(
        launch -> {
          note.run();
          return null;
        });
    bpftrace.killing(note);
    start(found("gcc"));
    bpftrace.run();
    systemd.nextWith("READY=1");
    stop();
    for (String what : List.of("start", "kill")) {
      String thread = threads.poll(10, TimeUnit.SECONDS);
      assertFalse(thread.contains("default-dispatcher"), what + " on " + thread);
    }
  }

  @Test
  void stoppingKillsTheTrace() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run run = bpftrace.run();
    systemd.nextWith("READY=1");
    assertFalse(run.isKilled());
    stop();
    run.awaitKilled();
  }
}
