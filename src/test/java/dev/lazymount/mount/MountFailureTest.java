package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mounts that fail, and when they are tried again. */
final class MountFailureTest extends MountFixture {
  private static final Mounter.Generation BAD = new Mounter.Generation(1, 2, 3, 4);

  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOENT, Errno.EBUSY, Errno.EIO, Errno.ENOMEM})
  void aFailureIsShownWithItsReasonAndTriedAgain(int errno) {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("openat2 gcc.img", errno)));
    accessAndMount(gcc);

    assertState(MountState.FAILED, "gcc");
    String reason = line("gcc").reason();
    assertTrue(
        reason.startsWith("openat2 gcc.img: " + Errno.describe(errno) + "; image /images/gcc.img"),
        reason);
    assertTrue(reason.contains("target /root/gcc; the first access in 1."), reason);
    assertTrue(reason.endsWith(" s or later tries again"), reason);
    assertNull(line("gcc").device());
    assertEquals(1, status.counters().failures.sum());
    assertEquals(1, status.counters().backedOff.sum());

    pass(RETRY.multipliedBy(2));
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
  }

  @Test
  void nothingIsTriedAgainWithoutAnAccess() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc", 1);
    accessAndMount(gcc);
    pass(Duration.ofHours(1));
    assertIdle();
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void anAccessDuringTheBackOffDoesNothingButIsSeen() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc", 1);
    accessAndMount(gcc);
    var before = line("gcc");
    pass(RETRY.minusMillis(1));
    access(gcc);
    assertIdle();
    assertState(MountState.FAILED, "gcc");
    assertEquals(before.since(), line("gcc").since());
    assertTrue(!line("gcc").lastAccess().isBefore(before.lastAccess()));
  }

  @Test
  void theBackOffDoublesUpToTheLongestAndBeginsAnewAfterASuccess() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc", 6);
    access(gcc);
    for (int seconds : new int[] {1, 2, 4, 8, 8, 8}) {
      mounting.runAll();
      assertBackOff(gcc, Duration.ofSeconds(seconds));
    }
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");

    fail("gcc", 1);
    pass(STALE);
    accessAndMount(gcc);
    assertBackOff(gcc, RETRY);
  }

  /** At its shortest an access does nothing yet; at its longest, a fifth more, one tries again. */
  private void assertBackOff(ActorRef<MountActor.Command> actor, Duration backOff) {
    assertState(MountState.FAILED, "gcc");
    pass(backOff.minusMillis(1));
    access(actor);
    assertIdle();
    pass(backOff.dividedBy(5).plusMillis(2));
    access(actor);
    assertEquals(1, mounting.waiting());
  }

  @Test
  void aBadImageIsNotTriedAgainUntilItsFileChanges() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    assertTrue(line("gcc").reason().contains("tried again when the file has changed"));
    for (int i = 0; i < 5; i++) {
      pass(STALE);
      accessAndMount(gcc);
      assertState(MountState.QUARANTINED, "gcc");
    }
    assertAttempts(1);
    assertEquals(1, status.counters().quarantines.sum());

    mounter.generation("gcc", new Mounter.Generation(1, 2, 3, 5));
    pass(STALE);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void aBadImagesFileIsLookedAtOnceInAWhileAndNotAtEachAccess() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    pass(STALE.minusMillis(1));
    access(gcc);
    assertIdle();
    pass(Duration.ofMillis(1));
    access(gcc);
    access(gcc);
    assertEquals(1, mounting.waiting());
    mounting.runAll();
    access(gcc);
    assertIdle();
  }

  @Test
  void aBadImageThatWasTakenAwayIsTriedAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.badImage(BAD)));
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("openat2 gcc.img", Errno.ENOENT)));
    accessAndMount(gcc);
    pass(STALE);
    accessAndMount(gcc);
    assertAttempts(2);
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void aBadImageThatIsReplacedByAnotherBadOneIsQuarantinedAnew() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    Mounter.Generation worse = new Mounter.Generation(1, 9, 9, 9);
    mounter.generation("gcc", worse);
    mounter.then("gcc", ScriptedMounter.failing(Failures.badImage(worse)));
    pass(STALE);
    accessAndMount(gcc);
    assertAttempts(2);
    pass(STALE);
    accessAndMount(gcc);
    assertAttempts(2);
    assertState(MountState.QUARANTINED, "gcc");
  }

  @Test
  void aMountThatNeverGetsASlotIsShownAsStuckAndStartsNoOther() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    pass(TIMEOUT.minusMillis(1));
    assertState(MountState.MOUNTING, "gcc");
    pass(Duration.ofMillis(1));
    assertState(MountState.STUCK, "gcc");
    assertTrue(line("gcc").reason().contains("no free slot for 30 s"));

    pass(Duration.ofHours(1));
    access(gcc);
    access(gcc);
    assertEquals(1, mounting.waiting());
    assertState(MountState.STUCK, "gcc");
  }

  @Test
  void aLockThatAnotherProcessKeepsIsShownAsSuchAndNotAsHungStorage() {
    Duration pause = Duration.ofMillis(50);
    for (Duration waited = Duration.ZERO;
        waited.compareTo(TIMEOUT) <= 0;
        waited = waited.plus(pause)) {
      mounter.then(
          "gcc",
          ScriptedMounter.failing(new MountFailure(MountFailure.Kind.LOCKED, "somebody has it")));
    }
    access(actor("gcc"));
    for (Duration waited = Duration.ZERO;
        waited.compareTo(TIMEOUT) < 0;
        waited = waited.plus(pause)) {
      mounting.runAll();
      pass(pause);
    }
    assertState(MountState.STUCK, "gcc");
    assertTrue(line("gcc").reason().contains("held the lock"), () -> line("gcc").toString());

    mounting.runAll();
    pass(pause);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void aMountThatReturnsAfterAllIsMounted() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
    assertAttempts(1);
  }

  @Test
  void aMountThatFailsAfterAllBacksOff() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc", 1);
    access(gcc);
    pass(TIMEOUT);
    mounting.runAll();
    assertState(MountState.FAILED, "gcc");
    pass(RETRY.multipliedBy(2));
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void oneThatReturnedInTimeIsNeverCalledStuck() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    pass(TIMEOUT.multipliedBy(2));
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void aHungLookAtABadImagesFileIsShownAndLeavesItQuarantined() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    pass(STALE);
    access(gcc);
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    mounting.runAll();
    assertState(MountState.QUARANTINED, "gcc");
    assertTrue(line("gcc").reason().contains("no squashfs"), line("gcc").reason());
    pass(STALE);
    accessAndMount(gcc);
    assertAttempts(1);
  }

  private ActorRef<MountActor.Command> quarantined(String name) {
    ActorRef<MountActor.Command> actor = actor(name);
    mounter.generation(name, BAD);
    mounter.then(name, ScriptedMounter.failing(Failures.badImage(BAD)));
    accessAndMount(actor);
    assertState(MountState.QUARANTINED, name);
    return actor;
  }

  private void fail(String name, int times) {
    for (int i = 0; i < times; i++) {
      mounter.then(name, ScriptedMounter.failing(Failures.errno("statx", Errno.EIO)));
    }
  }
}
