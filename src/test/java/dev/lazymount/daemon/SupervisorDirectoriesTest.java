package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.lazymount.status.DaemonState;
import dev.lazymount.support.ScriptedTrace;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Root and images that come late, go or change, and CPUs that come online. */
final class SupervisorDirectoriesTest extends DaemonFixture {
  private static final List<String> WATCHDOG = List.of("WATCHDOG=1");
  private static final String WAITING = "waiting for root /ce, which does not exist";

  private static final RootWatch.Sight NO_ROOT = new RootWatch.Sight(missing(), place(2));

  private List<String> nextButWatchdog() throws InterruptedException {
    List<String> message = systemd.next();
    while (message.equals(WATCHDOG)) {
      message = systemd.next();
    }
    return message;
  }

  private void see(RootWatch.Sight sight) {
    tell(new Supervisor.Directories(sight));
  }

  @Test
  void startWithoutARootIsReadyForSystemdOnly() throws Exception {
    firstLook = NO_ROOT;
    start(found("gcc"));
    assertEquals("STATUS=starting: waiting for the first canary", systemd.next().get(0));
    assertEquals(List.of("READY=1", "STATUS=starting: " + WAITING), systemd.next());
    assertEquals(WATCHDOG, systemd.next());
    assertEquals(DaemonState.STARTING, status.state());
    assertEquals(List.of("root /ce, which does not exist"), status.waitingFor());
    await(() -> assertEquals(1, status.imagesKnown()));
    see(NO_ROOT);
    assertEquals(WATCHDOG, systemd.next(), "each look feeds the watchdog");
    assertEquals(0, bpftrace.launches(), "nothing to trace");

    see(sight(1));
    systemd.nextWith("STATUS=ready: tracing accesses under /ce");
    assertEquals(DaemonState.READY, status.state());
    assertEquals(List.of(), status.waitingFor());
    assertEquals(1, bpftrace.launches());
    assertEquals(0, status.counters().restarts.sum());
  }

  @Test
  void traceWaitsForTheFirstLook() throws Exception {
    firstLook = null;
    start(found("gcc"));
    await(() -> assertEquals(1, status.imagesKnown()));
    assertEquals(0, bpftrace.launches());
    see(sight(1));
    systemd.nextWith("READY=1");
  }

  @Test
  void lookThatHangsDoesNotKeepTheTraceFromStarting() throws Exception {
    firstLook = null;
    start(found("gcc"));
    systemd.nextWith("READY=1");
    assertEquals(1, bpftrace.launches());
  }

  @Test
  void anotherRootRestartsTheTraceAtOnceAndRescans() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run first = bpftrace.run();
    systemd.nextWith("READY=1");
    see(sight(9));
    assertEquals(
        List.of("STATUS=degraded: root /ce is another directory now; restarting the trace"),
        nextButWatchdog());
    first.awaitKilled();
    scans.add(found("gcc", "clang"));
    await(() -> assertEquals(2, status.imagesKnown()));
    systemd.nextWith("STATUS=ready: tracing accesses under /ce");
    assertEquals(2, bpftrace.launches());
    assertEquals(0, status.counters().restarts.sum(), "it is no failure");
  }

  @Test
  void sameRootThroughAnotherMountKeepsTheTrace() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run run = bpftrace.run();
    systemd.nextWith("READY=1");
    scans.add(found("gcc", "clang"));
    await(() -> assertEquals(2, status.imagesKnown()));
    RootWatch.Place bound = new RootWatch.Place(new dev.lazymount.linux.DirectoryId(1, 1, 8), null);
    see(new RootWatch.Sight(bound, place(2)));
    assertEquals(List.of("STATUS=ready: tracing accesses under /ce"), nextButWatchdog());
    assertFalse(run.isKilled());
    assertEquals(DaemonState.READY, status.state());
  }

  @Test
  void rootThatGoesStopsTheTraceUntilItIsBack() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run first = bpftrace.run();
    systemd.nextWith("READY=1");
    see(NO_ROOT);
    assertEquals(List.of("STATUS=degraded: " + WAITING), nextButWatchdog());
    first.awaitKilled();
    await(() -> assertNull(status.trace().pid()));
    see(sight(1));
    systemd.nextWith("READY=1");
    assertEquals(DaemonState.READY, status.state());
    assertEquals(2, bpftrace.launches());
  }

  @Test
  void missingImagesAreShownAndScannedWhenTheyAppear() throws Exception {
    firstLook = new RootWatch.Sight(place(1), missing());
    start(found());
    systemd.nextWith("STATUS=ready: waiting for images /images, which does not exist");
    assertEquals(DaemonState.READY, status.state(), "accesses are traced");
    see(sight(1));
    assertEquals(List.of("STATUS=ready: tracing accesses under /ce"), nextButWatchdog());
  }

  @Test
  void cpuThatComesOnlineRestartsTheTraceAndStaysReady() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run first = bpftrace.run();
    systemd.nextWith("READY=1");
    cpus = Map.of(0, 1L, 1, 1L);
    assertEquals(
        List.of("STATUS=ready: restarting the trace: CPU 1 came online"), nextButWatchdog());
    assertEquals(DaemonState.READY, status.state());
    first.awaitKilled();
    assertEquals(List.of("STATUS=ready: tracing accesses under /ce"), nextButWatchdog());
    assertEquals(2, bpftrace.launches());
    assertEquals(0, status.counters().restarts.sum());
  }
}
