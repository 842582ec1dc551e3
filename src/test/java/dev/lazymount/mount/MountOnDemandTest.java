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

/** An image that somebody asks to be mounted or unmounted: the answer, and what happens next. */
class MountOnDemandTest extends MountFixture {
  private final TestProbe<MountResult> asker = stage().kit().createTestProbe();

  private void mountNow(ActorRef<MountActor.Command> actor) {
    actor.tell(new MountActor.MountNow(asker.getRef()));
  }

  private void unmount(ActorRef<MountActor.Command> actor, UnmountMode manner) {
    actor.tell(new MountActor.Unmount(manner, "somebody asked for it", asker.getRef()));
  }

  private void assertAnswer(MountResult.Outcome expected) {
    MountResult answer = asker.expectMessageClass(MountResult.class, Duration.ofSeconds(10));
    assertEquals("gcc", answer.name());
    assertEquals(expected, answer.outcome(), () -> answer.toString());
    assertEquals(expected.isGood(), answer.reason() == null, () -> answer.toString());
  }

  @Test
  void itIsMountedOnceAndTheSecondToAskHearsThatItWas() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").lastAccess(), "nobody has used it");
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
  }

  @Test
  void whoeverAsksDuringAMountIsAnsweredWithIt() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    mountNow(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertAttempts(1);
  }

  @Test
  void aFailureIsAnsweredAndTheBackOffIsNotWaitedFor() {
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
  void aMountThatHangsIsAnsweredAfterTheTimeout() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mountNow(gcc);
    pass(TIMEOUT);
    assertAnswer(MountResult.Outcome.FAILED);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void whileTheStorageDoesNotAnswerNothingIsTried() {
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
  void whatIsUnmountedIsMountedByTheNextAccess() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.UNMOUNTED, "gcc");
    assertTrue(line("gcc").reason().contains("somebody asked"), line("gcc").reason());
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void whatIsInUseStays() {
    mounter.expiries("gcc", Mounter.Expiry.BUSY);
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.BUSY);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void ofTheIdleOnlyThoseGoThatWereNotUsedSinceTheLastQuestion() {
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
  void whatSomebodyElseHasUnmountedIsSaidToBe() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unmountedByHand("gcc");
    unmount(gcc, UnmountMode.NOW);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.ALREADY);
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void nothingIsUnmountedUnderAMountThatIsUnderWay() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    unmount(gcc, UnmountMode.NOW);
    assertAnswer(MountResult.Outcome.FAILED);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void anAccessThatComesWhileItIsUnmountedMountsItAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    unmount(gcc, UnmountMode.NOW);
    access(gcc);
    mounting.runAll();
    assertAnswer(MountResult.Outcome.DONE);
    assertState(MountState.MOUNTED, "gcc");
  }
}
