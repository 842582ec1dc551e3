package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.kernel.Await;
import dev.lazymount.status.ProgramName;
import dev.lazymount.support.ScriptedTrace;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** bpftrace is started, watched by the canary, restarted and killed. */
final class TraceSourceTest extends TraceFixture {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  @Test
  void reportsTheProgramAndEachCanary() throws Exception {
    start(NEVER);
    assertEquals(
        new TraceReport.Started(
            ProgramName.RESOLVED, bpftrace.run().pid(), TraceProgram.Names.ALL, null),
        report(TraceReport.Started.class));
    canaryBack();
    canaryBack();
  }

  @Test
  void launchIsRetried() {
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
  void endedBpftraceIsRestartedAndItsErrorReported() throws Exception {
    start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    first.complain("ERROR: couldn't set RLIMIT_MEMLOCK\nstdin:1: ERROR: tracepoint not found\n");
    first.end(1);
    assertEquals(
        "bpftrace ended with status 1: stdin:1: ERROR: tracepoint not found",
        report(TraceReport.Failed.class).reason());
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void endOfARunIsNotTakenForTheNext() throws Exception {
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
  void restartAfterHalfALineParsesFromScratch() throws Exception {
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
  void killedBpftraceIsRestartedAndTheProgramIsNotBlamed() throws Exception {
    start(NEVER);
    ScriptedTrace.Run run = bpftrace.run();
    run.complain("ERROR: couldn't set RLIMIT_MEMLOCK\nstdin:1: ERROR: an old one\n");
    run.end(128 + 9);
    report(TraceReport.Started.class);
    assertEquals("bpftrace was killed by signal 9", report(TraceReport.Failed.class).reason());
    assertEquals(List.of(false), bpftrace.conclusive());
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void silentBpftraceIsKilledAndReplacedOnce() throws Exception {
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
  void silenceAfterAGoodStartIsNoticed() throws Exception {
    start(PATIENCE);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    canaryBack();
    bpftrace.canary(ScriptedTrace.LOST);
    report(TraceReport.Failed.class);
    first.awaitKilled();
  }

  @Test
  void lostCanaryIsFollowedByAnother() {
    AtomicInteger sent = new AtomicInteger();
    bpftrace.canary(
        (run, token) -> {
          if (sent.incrementAndGet() > 5) {
            ScriptedTrace.HOME.accept(run, token);
          }
        });
    start(NEVER);
    report(TraceReport.Started.class);
    canaryBack();
  }

  @Test
  void missedOpensAreLostEvents() {
    AtomicInteger missed = new AtomicInteger();
    bpftrace.misses(() -> missed.get() == 0 ? 0 : 7);
    start(NEVER);
    report(TraceReport.Started.class);
    canaryBack();
    assertEquals(0, counters.lost.sum());
    missed.set(1);
    Await.until("they are counted", () -> counters.lost.sum() > 0);
    canaryBack();
    canaryBack();
    assertEquals(7, counters.lost.sum(), "once");
    assertEquals(1, bpftrace.launches());
  }

  @Test
  void missedOpensRestartItWithTheOtherProbe() {
    bpftrace.hasOtherProbe(true);
    bpftrace.misses(() -> bpftrace.launches() == 1 ? 7 : 0);
    start(NEVER);
    report(TraceReport.Started.class);
    String reason = report(TraceReport.Failed.class).reason();
    assertTrue(reason.startsWith("the kernel has left out the trace program for 7 opens"), reason);
    report(TraceReport.Started.class);
    assertEquals(7, counters.lost.sum());
    assertEquals(List.of(), bpftrace.failures(), "it is no crash");
  }

  @Test
  void unknownCanaryIsIgnored() throws Exception {
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
  void hangingCanaryIsReportedAndNothingRestarts() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    bpftrace.canary((run, token) -> await(storage));
    start(Duration.ofMillis(50));
    ScriptedTrace.Run run = bpftrace.run();
    report(TraceReport.Started.class);
    for (int i = 0; i < 3; i++) {
      String reason = report(TraceReport.CanaryBlocked.class).reason();
      assertTrue(reason.contains("storage does not respond"), reason);
    }
    assertEquals(1, bpftrace.canaries(), "no other waits behind the hanging one");
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
  void makingAProgramIsRetried() {
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

  /** Making a program inspects the root, which may be on a hanging storage. */
  @Test
  void hangingStartIsReportedAndContinues() {
    CountDownLatch storage = new CountDownLatch(1);
    bpftrace.making(() -> await(storage));
    ActorRef<TraceSource.Command> source = start(Duration.ofMillis(50));
    for (int i = 0; i < 3; i++) {
      String reason = report(TraceReport.CanaryBlocked.class).reason();
      assertTrue(reason.contains("storage does not respond"), reason);
    }
    source.tell(new TraceSource.Restart("names are deeper now"));
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
  void restartStartsAnotherRun() throws Exception {
    ActorRef<TraceSource.Command> source = start(NEVER);
    ScriptedTrace.Run first = bpftrace.run();
    report(TraceReport.Started.class);
    source.tell(new TraceSource.Restart("names are deeper now"));
    assertEquals("names are deeper now", report(TraceReport.Failed.class).reason());
    assertEquals(List.of(), bpftrace.failures(), "the program is not to blame");
    first.awaitKilled();
    bpftrace.run();
    report(TraceReport.Started.class);
    canaryBack();
    canaryBack();
    assertEquals(2, bpftrace.launches());
  }

  /** From 0.23 on bpftrace ends with it if the kernel refuses the program. */
  @Test
  void status255IsNoSignalAndBlamesTheProgram() throws Exception {
    start(NEVER);
    ScriptedTrace.Run run = bpftrace.run();
    run.complain("ERROR: Error loading BPF program\n");
    run.end(255);
    report(TraceReport.Started.class);
    assertEquals(
        "bpftrace ended with status 255: ERROR: Error loading BPF program",
        report(TraceReport.Failed.class).reason());
    assertEquals(List.of(true), bpftrace.conclusive());
  }

  @Test
  void processWhoseOutputCanNotBeReadIsKilled() throws Exception {
    TraceEnv env = bpftrace.env(counters, NEVER);
    start(with(env, program -> new Unreadable(env.launcher().launch(program))));
    bpftrace.run().awaitKilled();
    assertEquals(
        "can't read the output of bpftrace: java.lang.IllegalStateException: no output",
        report(TraceReport.Failed.class).reason());
  }

  @Test
  void processStartedWhileTheActorStopsIsKilled() throws Exception {
    CountDownLatch launching = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    TraceEnv env = bpftrace.env(counters, NEVER);
    start(
        with(
            env,
            program -> {
              launching.countDown();
              await(stopped);
              return env.launcher().launch(program);
            }));
    launching.await();
    stop();
    stopped.countDown();
    bpftrace.run().awaitKilled();
  }

  private static TraceEnv with(TraceEnv env, TraceProcess.Launcher launcher) {
    return new TraceEnv(
        env.settings(),
        env.programs(),
        launcher,
        env.canaryPrefix(),
        env.canaryExecutor(),
        env.dispatcher(),
        env.canaryInterval(),
        env.counters());
  }

  /** A process whose output can't be opened. */
  private record Unreadable(TraceProcess process) implements TraceProcess {
    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public InputStream output() {
      throw new IllegalStateException("no output");
    }

    @Override
    public InputStream errors() {
      return process.errors();
    }

    @Override
    public CompletionStage<Integer> exit() {
      return process.exit();
    }

    @Override
    public void kill() {
      process.kill();
    }
  }

  @Test
  void stopKillsTheProcess() throws Exception {
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
