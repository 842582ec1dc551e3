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

/** Mounts that fail, and when they are retried. */
final class MountFailureTest extends MountFixture {
  private static final Mounter.Generation BAD = new Mounter.Generation(1, 2, 3, 4);

  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOENT, Errno.EBUSY, Errno.EIO, Errno.ENOMEM})
  void failureIsReportedAndRetried(int errno) {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("openat2 gcc.img", errno)));
    accessAndMount(gcc);

    assertState(MountState.FAILED, "gcc");
    String reason = line("gcc").reason();
    assertTrue(
        reason.startsWith("openat2 gcc.img: " + Errno.describe(errno) + "; image /images/gcc.img"),
        reason);
    assertTrue(reason.contains("target /root/gcc; retries on the first access after 1."), reason);
    assertNull(line("gcc").device());
    assertEquals(1, status.counters().failures.sum());
    assertEquals(1, status.counters().backedOff.sum());

    pass(RETRY.multipliedBy(2));
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertNull(line("gcc").reason());
  }

  @Test
  void noRetryWithoutAnAccess() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    fail("gcc", 1);
    accessAndMount(gcc);
    pass(Duration.ofHours(1));
    assertIdle();
    assertState(MountState.FAILED, "gcc");
  }

  @Test
  void accessDuringTheBackOffIsOnlyNoted() {
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
  void backOffDoublesAndIsResetByASuccess() {
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

  /** An access just before the shortest pause does nothing; one after the longest retries. */
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
  void badImageIsRetriedOnlyWhenItsFileChanges() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    assertTrue(line("gcc").reason().contains("retries when the image file changes"));
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
  void imageThatDoesNotFitIsRetriedWhenTheDirectoryChanges() {
    ActorRef<MountActor.Command> gcc = misfit();
    assertTrue(
        line("gcc").reason().endsWith("; retries when the image file or the directory changes"),
        line("gcc").reason());
    pass(STALE);
    accessAndMount(gcc);
    assertAttempts(1);
    assertState(MountState.QUARANTINED, "gcc");

    mounter.covered("gcc", new Mounter.Covered(1, 2, 0700, 0, 0, 3));
    pass(STALE);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void imageThatDoesNotFitIsRetriedWhenItsFileChanges() {
    ActorRef<MountActor.Command> gcc = misfit();
    mounter.generation("gcc", new Mounter.Generation(1, 2, 3, 5));
    pass(STALE);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  private ActorRef<MountActor.Command> misfit() {
    Mounter.Covered directory = new Mounter.Covered(1, 2, 0755, 0, 0, 3);
    mounter.generation("gcc", BAD);
    mounter.covered("gcc", directory);
    mounter.then("gcc", ScriptedMounter.failing(Failures.misfit(BAD, directory)));
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    assertState(MountState.QUARANTINED, "gcc");
    return gcc;
  }

  @Test
  void fileOfABadImageIsNotReadAtEachAccess() {
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
  void badImageWithoutItsFileIsRetried() {
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
  void secondBadImageIsQuarantinedToo() {
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
  void mountWithoutAThreadIsReportedAsStuck() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    pass(TIMEOUT.minusMillis(1));
    assertState(MountState.MOUNTING, "gcc");
    pass(Duration.ofMillis(1));
    assertState(MountState.STUCK, "gcc");
    assertTrue(line("gcc").reason().contains("no mount thread has been free for 30 s"));

    pass(Duration.ofHours(1));
    access(gcc);
    access(gcc);
    assertEquals(1, mounting.waiting());
    assertState(MountState.STUCK, "gcc");
  }

  @Test
  void heldLockIsReportedAsSuch() {
    mounter.lock("gcc");
    access(actor("gcc"));
    runFor(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    assertTrue(line("gcc").reason().contains("held the lock"), () -> line("gcc").toString());
    assertEquals(1, status.counters().timeouts.sum());

    mounter.unlock("gcc");
    runFor(Duration.ofSeconds(1));
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void pollOfALockBacksOffToOneSecond() {
    mounter.lock("gcc");
    access(actor("gcc"));
    runFor(Duration.ofMillis(1600));
    // After 50, 100, 200, 400 and 800 ms.
    assertAttempts(6);
    runFor(Duration.ofSeconds(10));
    assertAttempts(16);
    mounter.unlock("gcc");
    runFor(Duration.ofSeconds(1));
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void pollOfTheNextLockStartsFastAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.lock("gcc");
    access(gcc);
    runFor(Duration.ofSeconds(10));
    mounter.unlock("gcc");
    runFor(Duration.ofSeconds(1));
    assertState(MountState.MOUNTED, "gcc");
    int before = mounter.calls().size();
    mounter.lock("gcc");
    pass(STALE);
    access(gcc);
    runFor(Duration.ofMillis(150));
    assertAttempts(before + 3);
  }

  private void runFor(Duration time) {
    Duration step = Duration.ofMillis(50);
    for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plus(step)) {
      mounting.runAll();
      pass(step);
    }
    mounting.runAll();
  }

  @Test
  void lateMountSucceeds() {
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
  void lateMountThatFailsBacksOff() {
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
  void mountInTimeIsNeverStuck() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    pass(TIMEOUT.multipliedBy(2));
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void hungCheckLeavesABadImageQuarantined() {
    ActorRef<MountActor.Command> gcc = quarantined("gcc");
    pass(STALE);
    access(gcc);
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");
    mounting.runAll();
    assertState(MountState.QUARANTINED, "gcc");
    assertTrue(line("gcc").reason().contains("neither squashfs"), line("gcc").reason());
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
