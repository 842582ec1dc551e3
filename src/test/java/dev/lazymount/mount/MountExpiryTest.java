package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Unmounting what nobody uses: the kernel judges, the MountActor only asks, and not too often. */
class MountExpiryTest extends MountFixture {
  private static final Duration IDLE = Duration.ofMinutes(10);

  private ActorRef<MountActor.Command> expiring(String name) {
    MountEnv idle = env(mounting, Optional.of(IDLE), new StorageCircuit(4, open -> {}));
    return actor(idle, name);
  }

  @Test
  void withoutTheSettingNothingIsAskedFor() {
    accessAndMount(actor("gcc"));
    pass(Duration.ofDays(30));
    assertIdle();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void theKernelIsAskedOnceAnIdleTimeAndItsAnswerDecides() {
    mounter.expiries("gcc", Mounter.Expiry.MARKED, Mounter.Expiry.BUSY, Mounter.Expiry.UNMOUNTED);
    accessAndMount(expiring("gcc"));
    for (int asked = 1; asked <= 3; asked++) {
      assertState(MountState.MOUNTED, "gcc");
      pass(IDLE.minusMillis(1));
      assertIdle();
      pass(Duration.ofMillis(1));
      assertEquals(1, mounting.waiting());
      mounting.runAll();
    }
    assertState(MountState.UNMOUNTED, "gcc");
    assertTrue(line("gcc").reason().contains("nobody used it"));
    pass(IDLE.multipliedBy(3));
    assertIdle();
  }

  @Test
  void theNextAccessMountsAgain() {
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    pass(IDLE);
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void whileTheStorageHangsNothingIsAskedForAndAfterwardsItIs() {
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
  void anAccessDuringTheLastExpiryMountsAgain() {
    ActorRef<MountActor.Command> gcc = expiring("gcc");
    accessAndMount(gcc);
    pass(IDLE);
    access(gcc);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(List.of("gcc", "gcc"), mounter.names());
  }

  @Test
  void aMountWhoseImageIsGoneIsUnmountedWhenNobodyUsesItAndForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    gcc.tell(new MountActor.Changed(Optional.empty()));
    pass(Duration.ofSeconds(10));
    mounting.runAll();
    assertEquals(Optional.empty(), status.mounts().get("gcc"));
  }

  @Test
  void whatAnotherProcessHasTheLockOfIsAskedForAgainAndNotMounted() {
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
  void afterAFailureThatSaysNothingItIsAskedForAgain() {
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
  void aMountWhoseImageComesBackIsNotUnmountedForThat() {
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
  void inObserveModeNothingIsUnmounted() {
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
}
