package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
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

/** Rechecks after a scan, and images whose file is new or gone. */
final class MountChangesTest extends MountFixture {
  private final TestProbe<Void> watcher = stage().kit().createTestProbe();

  @Test
  void mountOfAnEarlierDaemonIsAdopted() {
    mounter.inPlace("gcc", "/dev/loop5");
    rechecked("gcc");
    assertState(MountState.MOUNTED, "gcc");
    assertEquals("/dev/loop5", line("gcc").device());
    assertNull(line("gcc").mountMillis());
    assertAttempts(0);
    assertEquals(1, status.counters().adopted.sum());
    assertEquals(0, status.counters().mounts.sum());
  }

  @Test
  void recheckMountsNothing() {
    ActorRef<MountActor.Command> gcc = rechecked("gcc");
    assertState(MountState.UNMOUNTED, "gcc");
    assertEquals(List.of("gcc"), mounter.looks());
    assertAttempts(0);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void foreignMountIsLeftAlone() {
    mounter.unlookable("gcc", new MountFailure(MountFailure.Kind.OTHER, "something else is there"));
    rechecked("gcc");
    assertState(MountState.FAILED, "gcc");
    assertTrue(line("gcc").reason().startsWith("something else is there"));
    assertAttempts(0);
  }

  @Test
  void mountIsFoundAgainAfterAForeignOneOnTopIsGone() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unlookable("gcc", new MountFailure(MountFailure.Kind.OTHER, "something else is there"));
    recheck(gcc);
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
  void failedRecheckLeavesTheImageMounted() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unlookable(
        "gcc", Failures.errno(MountFailure.Kind.UNCLEAR, "open /dev/loop5", Errno.EIO));
    recheck(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(ScriptedMounter.device("gcc"), line("gcc").device());
    assertTrue(line("gcc").reason().contains("EIO"), line("gcc").reason());
    assertEquals(1, status.counters().failures.sum());
    mounter.lookable("gcc");
    recheck(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
  }

  @Test
  void failedSwapIsRetriedAndKeepsTheOldImage() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    String old = ScriptedMounter.device("gcc");
    mounter.look("gcc", new Mounter.Mounted(old, true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then(
        "gcc",
        ScriptedMounter.failing(
            Failures.errno(MountFailure.Kind.UNCLEAR, "openat2 gcc.img", Errno.ESTALE)),
        () -> new Mounter.Mounted("/dev/loop6", false, null));
    recheck(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(old, line("gcc").device());
    assertTrue(line("gcc").reason().contains("ESTALE"), line("gcc").reason());
    recheck(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals("/dev/loop6", line("gcc").device());
    assertNull(line("gcc").reason());
  }

  @Test
  void failedLateSwapKeepsTheOldImage() {
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

  /** UNCLEAR protects only an image that was known to be mounted. */
  @Test
  void unclearFailureOfAnUnmountedImageIsAFailure() {
    mounter.unlookable(
        "gcc", Failures.errno(MountFailure.Kind.UNCLEAR, "open /dev/loop5", Errno.EIO));
    rechecked("gcc");
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void accessDuringARecheckMountsAfterwards() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    access(gcc);
    assertEquals(1, mounting.waiting());
    mounting.runAll();
    assertAttempts(1);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void accessDuringARecheckNeedsNoMountIfAdopted() {
    mounter.inPlace("gcc", "/dev/loop5");
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    access(gcc);
    mounting.runAll();
    assertAttempts(0);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void hungRecheckIsReportedAsStuckAndRecovers() {
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
  void recheckDuringAMountIsIgnored() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    gcc.tell(new MountActor.Recheck());
    mounting.runAll();
    assertEquals(List.of(), mounter.looks());
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void recheckOfALockedImageRetriesAndMountsNothing() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.lock("gcc");
    recheck(gcc);
    mounter.unlock("gcc");
    pass(Duration.ofMillis(50));
    mounting.runAll();
    assertEquals(List.of("gcc"), mounter.looks());
    assertState(MountState.UNMOUNTED, "gcc");
    assertAttempts(0);
  }

  @Test
  void recheckSwapsAReplacedImageInOneCall() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    String old = ScriptedMounter.device("gcc");
    mounter.look("gcc", new Mounter.Mounted(old, true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then("gcc", () -> new Mounter.Mounted("/dev/loop6", false, null));
    gcc.tell(new MountActor.Recheck());
    mounting.runOne();
    assertIdle();
    assertEquals("/dev/loop6", line("gcc").device());
    assertEquals(MountWarning.NONE, line("gcc").warning());
  }

  /** The image was replaced; a scan swaps it. */
  private void swap(ActorRef<MountActor.Command> actor, String device) {
    mounter.look(
        "gcc",
        new Mounter.Mounted(line("gcc").device(), true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then("gcc", () -> new Mounter.Mounted(device, false, null));
    recheck(actor);
    assertEquals(device, line("gcc").device());
  }

  @Test
  void swappedImageKeepsWhatItWasMountedFor() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    swap(gcc, "/dev/loop6");
    assertEquals("sh[4711] (openat), then replaced", line("gcc").trigger());
    swap(gcc, "/dev/loop7");
    assertEquals("sh[4711] (openat), then replaced", line("gcc").trigger());
  }

  @Test
  void swappedImageOfAnEarlierDaemonSaysThatItWasReplaced() {
    mounter.inPlace("gcc", "/dev/loop5");
    ActorRef<MountActor.Command> gcc = rechecked("gcc");
    assertNull(line("gcc").trigger());
    swap(gcc, "/dev/loop6");
    assertEquals("image replaced", line("gcc").trigger());
    swap(gcc, "/dev/loop7");
    assertEquals("image replaced", line("gcc").trigger());
  }

  @Test
  void useOfAnAdoptedImageIsShown() {
    mounter.inPlace("gcc", "/dev/loop5");
    ActorRef<MountActor.Command> gcc = rechecked("gcc");
    assertNull(line("gcc").lastAccess());
    gcc.tell(new MountActor.Used());
    assertNotNull(line("gcc").lastAccess());
  }

  @Test
  void mountThatWentElsewhereIsShownUntilItIsUnmounted() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unmountedByHand("gcc");
    mounter.displaced("gcc", new Mounter.Displaced(true, "renamed; in use there"));
    recheck(gcc);
    assertState(MountState.UNMOUNTED, "gcc");
    assertEquals(MountWarning.DISPLACED, line("gcc").warning());
    assertEquals("renamed; in use there", line("gcc").reason());

    mounter.displaced("gcc", new Mounter.Displaced(false, "renamed; unmounted there"));
    recheck(gcc);
    assertEquals(MountWarning.NONE, line("gcc").warning());
    assertEquals("renamed; unmounted there", line("gcc").reason());

    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
  }

  @Test
  void olderImageThatStaysIsAWarning() {
    mounter.look(
        "gcc", new Mounter.Mounted("/dev/loop5", true, null, MountWarning.OUTDATED, "replaced"));
    rechecked("gcc");
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(MountWarning.OUTDATED, line("gcc").warning());
    assertEquals("replaced", line("gcc").reason());
  }

  @Test
  void unmountedImageIsForgottenWithItsFile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    vanish(gcc);
    assertForgotten(gcc);
  }

  @Test
  void failedImageIsForgottenWithItsFile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    accessAndMount(gcc);
    vanish(gcc);
    assertForgotten(gcc);
  }

  @Test
  void mountedImageStaysMountedWithoutItsFile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    vanish(gcc);
    assertState(MountState.MOUNTED, "gcc");
    mounter.unmountedByHand("gcc");
    accessAndMount(gcc);
    assertAttempts(2);
  }

  @Test
  void imageWhoseFileVanishesDuringTheMountStays() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    vanish(gcc);
    assertState(MountState.MOUNTING, "gcc");
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void imageWhoseFileVanishesDuringAFailedMountIsForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    access(gcc);
    vanish(gcc);
    mounting.runAll();
    assertForgotten(gcc);
  }

  @Test
  void imageWhoseFileVanishesDuringARecheckIsForgotten() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    gcc.tell(new MountActor.Recheck());
    vanish(gcc);
    mounting.runAll();
    assertForgotten(gcc);
  }

  @Test
  void imageWhoseFileComesBackInTimeIsKept() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc");
    access(gcc);
    vanish(gcc);
    gcc.tell(new MountActor.Changed(Optional.of(request("gcc"))));
    mounting.runAll();
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void nextMountTakesTheNewFile() {
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
  void mountInProgressKeepsItsFile() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    gcc.tell(
        new MountActor.Changed(Optional.of(new Mounter.Request("gcc", "gcc.sqfs", List.of()))));
    mounting.runAll();
    assertEquals(List.of(request("gcc")), mounter.calls());
    assertEquals("/images/gcc.img", line("gcc").image());
  }

  @Test
  void nextAccessAfterAChangeVerifiesTheMount() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    gcc.tell(
        new MountActor.Changed(Optional.of(new Mounter.Request("gcc", "gcc.sqfs", List.of()))));
    assertIdle();
    accessAndMount(gcc);
    assertAttempts(2);
  }

  /** The warning has each scan recheck it. */
  @Test
  void newFileNameIsReportedUntilTheSwap() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    Mounter.Request other = new Mounter.Request("gcc", "gcc.sqfs", List.of());
    gcc.tell(new MountActor.Changed(Optional.of(other)));
    assertTrue(line("gcc").reason().contains("/images/gcc.sqfs"), line("gcc").reason());
    assertEquals("/images/gcc.img", line("gcc").image());
    mounter.look(
        "gcc",
        new Mounter.Mounted(
            ScriptedMounter.device("gcc"), true, null, MountWarning.OUTDATED, "replaced"));
    mounter.then("gcc", () -> new Mounter.Mounted("/dev/loop6", false, null));
    recheck(gcc);
    assertEquals("/images/gcc.sqfs", line("gcc").image());
    assertNull(line("gcc").reason());
  }

  private ActorRef<MountActor.Command> rechecked(String name) {
    ActorRef<MountActor.Command> actor = actor(name);
    actor.tell(new MountActor.Recheck());
    mounting.runAll();
    return actor;
  }

  private void recheck(ActorRef<MountActor.Command> actor) {
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
