package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountWarning;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an earlier daemon left, and what a new catalog changes. */
final class MountChangesTest extends MountFixture {
  private final TestProbe<Void> watcher = stage().kit().createTestProbe();

  @Test
  void whatAnEarlierDaemonMountedIsAdoptedAndNotMounted() {
    mounter.inPlace("gcc", "/dev/loop5");
    adopt("gcc");
    assertState(MountState.MOUNTED, "gcc");
    assertEquals("/dev/loop5", line("gcc").device());
    assertNull(line("gcc").mountMillis());
    assertAttempts(0);
    assertEquals(1, status.counters().adopted.sum());
    assertEquals(0, status.counters().mounts.sum());
  }

  @Test
  void whatIsNotMountedAfterAllIsLeftUnmounted() {
    ActorRef<MountActor.Command> gcc = adopt("gcc");
    assertState(MountState.UNMOUNTED, "gcc");
    assertEquals(List.of("gcc"), mounter.looks());
    assertAttempts(0);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void somethingElseOnTheTargetIsLeftAlone() {
    mounter.unlookable("gcc", new MountFailure(MountFailure.Kind.OTHER, "something else is there"));
    adopt("gcc");
    assertState(MountState.FAILED, "gcc");
    assertTrue(line("gcc").reason().startsWith("something else is there"));
    assertAttempts(0);
  }

  @Test
  void whatLayOverAMountAndIsGoneLeavesItMounted() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unlookable("gcc", new MountFailure(MountFailure.Kind.OTHER, "something else is there"));
    verify(gcc);
    assertState(MountState.FAILED, "gcc");
    mounter.lookable("gcc");
    gcc.tell(new MountActor.Recheck());
    assertIdle();
    pass(RETRY.multipliedBy(2));
    gcc.tell(new MountActor.Recheck());
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
    assertAttempts(1);
  }

  @Test
  void aLookThatFailsSaysNothingAgainstTheMount() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unlookable(
        "gcc", Failures.errno(MountFailure.Kind.UNCLEAR, "open /dev/loop5", Errno.EIO));
    verify(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(ScriptedMounter.device("gcc"), line("gcc").device());
    assertTrue(line("gcc").reason().contains("EIO"), line("gcc").reason());
    assertEquals(1, status.counters().failures.sum());
    mounter.lookable("gcc");
    verify(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
  }

  @Test
  void aSwapThatFailsIsTriedAgainAndTheOldImageStaysMeanwhile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    String old = ScriptedMounter.device("gcc");
    mounter.look("gcc", new Mounter.Mounted(old, true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then(
        "gcc",
        ScriptedMounter.failing(
            Failures.errno(MountFailure.Kind.UNCLEAR, "openat2 gcc.img", Errno.ESTALE)),
        () -> new Mounter.Mounted("/dev/loop6", false, null));
    verify(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(old, line("gcc").device());
    assertTrue(line("gcc").reason().contains("ESTALE"), line("gcc").reason());
    verify(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals("/dev/loop6", line("gcc").device());
    assertNull(line("gcc").reason());
  }

  @Test
  void aSwapThatFailsAfterALookThatTookTooLongLeavesTheOldImageMountedAllTheSame() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    String old = ScriptedMounter.device("gcc");
    mounter.look("gcc", new Mounter.Mounted(old, true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then(
        "gcc",
        ScriptedMounter.failing(
            Failures.errno(MountFailure.Kind.UNCLEAR, "openat2 gcc.img", Errno.ESTALE)));
    gcc.tell(new MountActor.Recheck());
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(old, line("gcc").device());
    assertTrue(line("gcc").reason().contains("ESTALE"), line("gcc").reason());
  }

  /** It is unclear only what becomes of a mount that there was. */
  @Test
  void anUnclearFailureIsAFailureWhereNothingIsMounted() {
    mounter.unlookable(
        "gcc", Failures.errno(MountFailure.Kind.UNCLEAR, "open /dev/loop5", Errno.EIO));
    adopt("gcc");
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void anAccessDuringAdoptionMountsWhenThereWasNothingToAdopt() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    access(gcc);
    assertEquals(1, mounting.waiting());
    mounting.runAll();
    assertAttempts(1);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void anAccessDuringAdoptionMountsNothingWhenItIsAdopted() {
    mounter.inPlace("gcc", "/dev/loop5");
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    access(gcc);
    mounting.runAll();
    assertAttempts(0);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void anAdoptionThatHangsIsShownAsStuckAndRecovers() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    mounting.runAll();
    assertState(MountState.UNMOUNTED, "gcc");
    assertNull(line("gcc").reason());
    assertAttempts(0);
  }

  @Test
  void adoptionOfWhatIsInUseAlreadyLooksAtNothing() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    gcc.tell(new MountActor.Recheck());
    mounting.runAll();
    gcc.tell(new MountActor.Recheck());
    assertIdle();
    assertEquals(List.of(), mounter.looks());
  }

  @Test
  void anUnmountedImageThatVanishesIsForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    vanish(gcc);
    assertForgotten(gcc);
  }

  @Test
  void aFailedImageThatVanishesIsForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    accessAndMount(gcc);
    vanish(gcc);
    assertForgotten(gcc);
  }

  @Test
  void aMountedImageThatVanishesStaysMounted() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    vanish(gcc);
    assertState(MountState.MOUNTED, "gcc");
    mounter.unmountedByHand("gcc");
    accessAndMount(gcc);
    assertAttempts(2);
  }

  @Test
  void oneThatVanishesWhileItIsMountedStaysIfThatSucceeds() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    vanish(gcc);
    assertState(MountState.MOUNTING, "gcc");
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void oneThatVanishesWhileItIsMountedIsForgottenIfThatFails() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    access(gcc);
    vanish(gcc);
    mounting.runAll();
    assertForgotten(gcc);
  }

  @Test
  void oneThatVanishesDuringAdoptionIsForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    vanish(gcc);
    mounting.runAll();
    assertForgotten(gcc);
  }

  @Test
  void oneThatComesBackInTimeIsKept() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    access(gcc);
    vanish(gcc);
    gcc.tell(new MountActor.Changed(Optional.of(request("gcc"))));
    mounting.runAll();
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void theNextMountTakesTheNewFile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    accessAndMount(gcc);
    Mounter.Request other = new Mounter.Request("gcc", "gcc.sqfs", List.of("gcc/inner"));
    gcc.tell(new MountActor.Changed(Optional.of(other)));
    pass(RETRY.multipliedBy(2));
    accessAndMount(gcc);
    assertEquals(List.of(request("gcc"), other), mounter.calls());
    assertEquals("/images/gcc.sqfs", line("gcc").image());
  }

  @Test
  void aMountUnderWayKeepsTheFileItBeganWith() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    gcc.tell(
        new MountActor.Changed(Optional.of(new Mounter.Request("gcc", "gcc.sqfs", List.of()))));
    mounting.runAll();
    assertEquals(List.of(request("gcc")), mounter.calls());
    assertEquals("/images/gcc.img", line("gcc").image());
  }

  @Test
  void aChangeHasAMountVerifiedAtTheNextAccess() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    gcc.tell(
        new MountActor.Changed(Optional.of(new Mounter.Request("gcc", "gcc.sqfs", List.of()))));
    assertIdle();
    accessAndMount(gcc);
    assertAttempts(2);
  }

  /** A reason is what has each scan look. */
  @Test
  void aMountedImageThatHasAnotherFileNowSaysSoUntilItIsSwapped() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    Mounter.Request other = new Mounter.Request("gcc", "gcc.sqfs", List.of());
    gcc.tell(new MountActor.Changed(Optional.of(other)));
    assertTrue(line("gcc").reason().contains("/images/gcc.sqfs"), line("gcc").reason());
    assertEquals("/images/gcc.img", line("gcc").image());
    mounter.look(
        "gcc",
        new Mounter.Mounted(ScriptedMounter.device("gcc"), true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then("gcc", () -> new Mounter.Mounted("/dev/loop6", false, null));
    verify(gcc);
    assertEquals("/images/gcc.sqfs", line("gcc").image());
    assertNull(line("gcc").reason());
  }

  private ActorRef<MountActor.Command> adopt(String name) {
    ActorRef<MountActor.Command> actor = actor(name);
    actor.tell(new MountActor.Recheck());
    mounting.runAll();
    return actor;
  }

  private void verify(ActorRef<MountActor.Command> actor) {
    actor.tell(new MountActor.Recheck());
    mounting.runAll();
  }

  private static void vanish(ActorRef<MountActor.Command> actor) {
    actor.tell(new MountActor.Changed(Optional.empty()));
  }

  private void assertForgotten(ActorRef<MountActor.Command> actor) {
    watcher.expectTerminated(actor, Duration.ofSeconds(10));
    assertEquals(List.of(), status.mounts().all());
  }

  private void fail(String name) {
    mounter.then(name, ScriptedMounter.failing(Failures.errno("statx", Errno.EIO)));
  }
}
