package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Requests to mount or unmount an image: the reply, and the state afterwards. */
class MountOnDemandTest extends MountFixture {
  private final TestProbe<MountResult> caller = stage().kit().createTestProbe();

  private void mountNow(ActorRef<MountActor.Command> actor) {
    actor.tell(new MountActor.MountNow(caller.getRef()));
  }

  private void unmount(ActorRef<MountActor.Command> actor, UnmountMode mode) {
    actor.tell(new MountActor.Unmount(mode, "requested by operator", caller.getRef()));
  }

  private void assertAnswer(MountResult.Outcome expected) {
    MountResult answer = caller.expectMessageClass(MountResult.class, Duration.ofSeconds(10));
    assertEquals("gcc", answer.name());
    assertEquals(expected, answer.outcome(), () -> answer.toString());
    assertEquals(expected.isGood(), answer.reason() == null, () -> answer.toString());
  }

  @Test
  void secondRequestIsAnsweredAlready() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").lastAccess(), "a request is no access");
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
  }

  @Test
  void mountOnRequestSaysSo() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mountNow(gcc);
    mounting.runAll();
    assertEquals("lazymount mount", line("gcc").trigger());
  }

  @Test
  void unmountedImageThatIsStillInUseLingersAtOnce() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.lingers("gcc");
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    MountResult answer = caller.expectMessageClass(MountResult.class, Duration.ofSeconds(10));
    assertEquals(MountResult.Outcome.DONE, answer.outcome());
    String device = ScriptedMounter.device("gcc");
    assertEquals(device, answer.lingering());
    assertEquals(device, status.lingering().get(0).device());
    assertEquals(
        "requested by operator; " + device + " is still in use in another mount namespace",
        line("gcc").reason());
  }

  @Test
  void requestDuringAMountIsAnsweredByIt() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertAttempts(1);
  }

  @Test
  void requestIgnoresTheBackOff() {
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("move_mount", Errno.EIO)));
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    assertState(MountState.FAILED, "gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("move_mount", Errno.EIO)));
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.FAILED);
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
  }

  @Test
  void requestIsAnsweredAfterTheTimeout() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mountNow(gcc);
    pass(TIMEOUT);
    assertAnswer(MountResult.Outcome.FAILED);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void requestsAreRefusedWhileStorageHangs() {
    StorageCircuit open = new StorageCircuit(1, change -> {});
    open.hangs();
    MountEnv hanging = env(mounting, Optional.empty(), open);
    ActorRef<MountActor.Command> gcc = actor(hanging, "gcc");
    mountNow(gcc);
    assertAnswer(MountResult.Outcome.FAILED);
    unmount(gcc, UnmountMode.NOW);
    assertAnswer(MountResult.Outcome.FAILED);
    assertIdle();
  }

  @Test
  void nextAccessMountsAnUnmountedImageAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.UNMOUNTED, "gcc");
    assertTrue(line("gcc").reason().contains("requested"), line("gcc").reason());
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void imageInUseIsNotUnmounted() {
    mounter.expiries("gcc", Mounter.Expiry.BUSY);
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.BUSY);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void idleRequestsUnmountWhatWasNotUsedSince() {
    mounter.expiries("gcc", Mounter.Expiry.MARKED, Mounter.Expiry.MARKED);
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    for (MountResult.Outcome outcome :
        new MountResult.Outcome[] {
          MountResult.Outcome.MARKED, MountResult.Outcome.BUSY, MountResult.Outcome.DONE
        }) {
      unmount(gcc, UnmountMode.IF_IDLE);
      mounting.runAll();
      assertAnswer(outcome);
    }
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void externalUnmountIsAnsweredAlready() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unmountedByHand("gcc");
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void unmountDuringAMountIsRefused() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    unmount(gcc, UnmountMode.NOW);
    assertAnswer(MountResult.Outcome.FAILED);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void accessDuringAnUnmountMountsAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    access(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void failureOfTheActorIsAnswered() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then("gcc", () -> null);
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.FAILED);
  }
}
