package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import akka.actor.typed.ActorRef;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Unmounts of idle images: reports of use decide, or without them the mark of the kernel. */
class MountExpiryTest extends MountFixture {
  private static final Duration IDLE = Duration.ofMinutes(10);

  private ActorRef<MountActor.Command> expiring(String name) {
    MountEnv idle = env(mounting, Optional.of(IDLE), new StorageCircuit(4, open -> {}));
    return actor(idle, name);
  }

  @Test
  void withoutTheSettingNothingIsUnmounted() {
    accessAndMount(actor("gcc"));
    pass(Duration.ofDays(30));
    assertIdle();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void kernelDecidesOncePerIdleTime() {
    mounter.expiries("gcc", Mounter.Expiry.MARKED, Mounter.Expiry.BUSY, Mounter.Expiry.UNMOUNTED);
    accessAndMount(expiring("gcc"));
    for (int attempt = 1; attempt <= 3; attempt++) {
      assertState(MountState.MOUNTED, "gcc");
      pass(IDLE.minusMillis(1));
      assertIdle();
      pass(Duration.ofMillis(1));
      assertEquals(1, mounting.waiting());
      mounting.runAll();
    }
    assertState(MountState.UNMOUNTED, "gcc");
    assertEquals("unused for 10 min", line("gcc").reason());
    pass(IDLE.multipliedBy(3));
    assertIdle();
  }

  @Test
  void nextAccessMountsAnIdleImageAgain() {
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void idleUnmountWaitsForHungStorage() {
    StorageCircuit circuit = new StorageCircuit(1, open -> {});
    MountEnv idle = env(mounting, Optional.of(IDLE), circuit);
    accessAndMount(actor(idle, "gcc"));
    circuit.hangs();
    pass(IDLE);
    assertIdle();
    assertState(MountState.MOUNTED, "gcc");

    circuit.answers();
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void accessDuringAnIdleUnmountMountsAgain() {
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    pass(IDLE);
    access(gcc);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(List.of("gcc", "gcc"), mounter.names());
  }

  @Test
  void unusedMountWithoutItsFileIsUnmountedAndForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    gcc.tell(new MountActor.Changed(Optional.empty()));
    pass(Duration.ofSeconds(10));
    mounting.runAll();
    assertEquals(Optional.empty(), status.mounts().get("gcc"));
  }

  @Test
  void idleUnmountOfALockedImageIsTriedLater() {
    accessAndMount(expiring("gcc"));
    mounter.unexpirable("gcc", Failures.locked());
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    pass(Duration.ofSeconds(1));
    assertIdle();
    assertAttempts(1);
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void idleUnmountIsTriedAgainAfterAnUnclearFailure() {
    accessAndMount(expiring("gcc"));
    mounter.unexpirable("gcc", Failures.errno(MountFailure.Kind.UNCLEAR, "statx", Errno.EIO));
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void mountWhoseFileComesBackStays() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    gcc.tell(new MountActor.Changed(Optional.empty()));
    pass(Duration.ofSeconds(5));
    gcc.tell(new MountActor.Changed(Optional.of(request("gcc"))));
    pass(Duration.ofDays(1));
    assertIdle();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void observeModeUnmountsNothing() {
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    status.mode(Settings.Mode.OBSERVE);
    pass(IDLE);
    assertIdle();
    status.mode(Settings.Mode.MOUNT);
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  private static final Duration REPORTED = Duration.ofMinutes(1);

  private void trace(ProgramName program, long pid) {
    status.useInterval(REPORTED);
    status.trace(new TraceStatus(program, pid, null, null, null));
  }

  @Test
  void imageThatIsReportedToBeUsedStays() {
    trace(ProgramName.RESOLVED, 1);
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    for (int i = 0; i < 5; i++) {
      pass(IDLE);
      gcc.tell(new MountActor.Used());
    }
    assertIdle();
    assertUnmountedAfter(IDLE.plus(REPORTED));
    assertEquals("unused for 10 min", line("gcc").reason());
  }

  @Test
  void useShowsAsLastAccess() {
    trace(ProgramName.RESOLVED, 1);
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.MountNow(stage().kit().<MountResult>createTestProbe().getRef()));
    mounting.runAll();
    assertNull(line("gcc").lastAccess());
    gcc.tell(new MountActor.Used());
    assertNotNull(line("gcc").lastAccess());
  }

  @Test
  void busyImageThatIsNotReportedStays() {
    trace(ProgramName.RESOLVED, 1);
    mounter.expiries("gcc", Mounter.Expiry.BUSY, Mounter.Expiry.UNMOUNTED);
    accessAndMount(expiring("gcc"));
    pass(IDLE.plus(REPORTED));
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertUnmountedAfter(IDLE.plus(REPORTED));
  }

  @Test
  void idleTimeStartsAgainAfterARestartOfTheTrace() {
    trace(ProgramName.RESOLVED, 1);
    accessAndMount(expiring("gcc"));
    pass(IDLE);
    trace(ProgramName.RESOLVED, 2);
    pass(REPORTED);
    assertIdle();
    assertUnmountedAfter(IDLE.plus(REPORTED));
  }

  @Test
  void idleTimeStartsAgainAfterALoss() {
    trace(ProgramName.RESOLVED, 1);
    accessAndMount(expiring("gcc"));
    pass(IDLE);
    status.counters().lost.increment();
    pass(REPORTED);
    assertIdle();
    assertUnmountedAfter(IDLE.plus(REPORTED));
  }

  @Test
  void accessThatThePathProgramReportsIsAUse() {
    trace(ProgramName.PATH, 1);
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    for (int i = 0; i < 5; i++) {
      pass(IDLE.minusMillis(1));
      access(gcc);
      mounting.runAll();
    }
    assertState(MountState.MOUNTED, "gcc");
    assertUnmountedAfter(IDLE);
  }

  private ActorRef<MountActor.Command> reloadable(AtomicReference<Optional<Duration>> idle) {
    return actor(
        new MountEnv(
            env.mounter(),
            env.executor(),
            env.status(),
            env.log(),
            env.root(),
            env.images(),
            () -> new MountTimes(TIMEOUT, RETRY, RETRY_MAX, idle.get()),
            env.circuit(),
            env.nanoTime()),
        "gcc");
  }

  private void assertUnmountedAfter(Duration time) {
    pass(time.minusMillis(1));
    assertIdle();
    pass(Duration.ofMillis(1));
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void reloadWithoutAChangeKeepsTheIdleTime() {
    ActorRef<MountActor.Command> gcc = reloadable(new AtomicReference<>(Optional.of(IDLE)));
    accessAndMount(gcc);
    for (int minute = 1; minute < 10; minute++) {
      pass(Duration.ofMinutes(1));
      gcc.tell(new MountActor.SettingsChanged());
    }
    assertUnmountedAfter(Duration.ofMinutes(1));
  }

  @Test
  void idleTimeSoFarCountsAfterAChange() {
    AtomicReference<Optional<Duration>> idle = new AtomicReference<>(Optional.of(IDLE));
    ActorRef<MountActor.Command> gcc = reloadable(idle);
    accessAndMount(gcc);
    pass(Duration.ofMinutes(4));
    idle.set(Optional.of(Duration.ofMinutes(5)));
    gcc.tell(new MountActor.SettingsChanged());
    assertUnmountedAfter(Duration.ofMinutes(1));
    assertEquals("unused for 5 min", line("gcc").reason());
  }

  @Test
  void shorterIdleTimeThatIsOverUnmountsAtOnce() {
    AtomicReference<Optional<Duration>> idle = new AtomicReference<>(Optional.of(IDLE));
    ActorRef<MountActor.Command> gcc = reloadable(idle);
    accessAndMount(gcc);
    pass(Duration.ofMinutes(4));
    idle.set(Optional.of(Duration.ofMinutes(3)));
    gcc.tell(new MountActor.SettingsChanged());
    pass(Duration.ZERO);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void idleTimeCanBeSwitchedOnAndOff() {
    AtomicReference<Optional<Duration>> idle = new AtomicReference<>(Optional.empty());
    ActorRef<MountActor.Command> gcc = reloadable(idle);
    accessAndMount(gcc);
    pass(Duration.ofDays(1));
    idle.set(Optional.of(IDLE));
    gcc.tell(new MountActor.SettingsChanged());
    pass(IDLE.minusMillis(1));
    idle.set(Optional.empty());
    gcc.tell(new MountActor.SettingsChanged());
    pass(Duration.ofDays(1));
    assertIdle();
    idle.set(Optional.of(IDLE));
    gcc.tell(new MountActor.SettingsChanged());
    assertUnmountedAfter(IDLE);
  }
}
