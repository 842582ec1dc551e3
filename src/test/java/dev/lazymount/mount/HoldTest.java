package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.Access;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Images that are kept unmounted. */
final class HoldTest extends MountFixture {
  private static final Duration QUIET = Duration.ofMinutes(5);

  private static final Hold OPERATOR =
      new Hold(Hold.Kind.OPERATOR, Instant.EPOCH, "held: patch", Optional.empty());

  private static void write(ActorRef<MountActor.Command> actor) {
    Access access = new Access("/root/gcc/f", 4711, "cp", "openat", Access.Kind.WRITE, 0);
    actor.tell(new MountActor.KeepUnmounted(Hold.written(access, QUIET)));
  }

  private static void hold(ActorRef<MountActor.Command> actor) {
    actor.tell(new MountActor.KeepUnmounted(OPERATOR));
  }

  private MountResult mountNow(ActorRef<MountActor.Command> actor) {
    TestProbe<MountResult> probe = stage().kit().createTestProbe();
    actor.tell(new MountActor.MountNow(probe.getRef()));
    mounting.runAll();
    return probe.receiveMessage();
  }

  @Test
  void aWriteHoldsUntilTheQuietPeriodIsOver() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    write(actor);
    accessAndMount(actor);
    assertState(MountState.HELD, "gcc");
    String reason = line("gcc").reason();
    assertTrue(
        reason.matches("written to by cp\\[4711]; not mounted until \\d\\d:\\d\\d:\\d\\d"), reason);
    pass(QUIET);
    assertState(MountState.UNMOUNTED, "gcc");
    accessAndMount(actor);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void eachWriteBeginsTheQuietPeriodAgain() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    write(actor);
    pass(QUIET.minusSeconds(1));
    write(actor);
    pass(QUIET.minusSeconds(1));
    assertState(MountState.HELD, "gcc");
  }

  /** The directory's own time of modification says so; the trace has reported nothing. */
  @Test
  void aWriteThatTheAttemptToMountFindsHolds() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    mounter.then("gcc", ScriptedMounter.failing(MountFailure.written(Instant.now(), QUIET)));
    accessAndMount(actor);
    assertState(MountState.HELD, "gcc");
    String reason = line("gcc").reason();
    assertTrue(reason.matches("written to at [\\d:]{8}; not mounted until [\\d:]{8}"), reason);
    assertEquals(0, status.counters().failures.sum());
    accessAndMount(actor);
    assertAttempts(1);
    pass(QUIET);
    accessAndMount(actor);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void aWriteDuringThatAttemptHoldsForLonger() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    Instant before = Instant.now().minus(QUIET).plusSeconds(1);
    mounter.then("gcc", ScriptedMounter.failing(MountFailure.written(before, QUIET)));
    access(actor);
    write(actor);
    mounting.runAll();
    pass(QUIET.minusSeconds(1));
    assertState(MountState.HELD, "gcc");
  }

  @Test
  void anOperatorIsRefusedWithTheReason() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    write(actor);
    MountResult result = mountNow(actor);
    assertEquals(MountResult.Outcome.FAILED, result.outcome());
    assertTrue(result.reason().startsWith("written to by cp[4711]"), result.reason());
    assertAttempts(0);
  }

  @Test
  void aMountedImageStaysAndIsNotMountedAgain() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    accessAndMount(actor);
    hold(actor);
    assertState(MountState.MOUNTED, "gcc");
    TestProbe<MountResult> probe = stage().kit().createTestProbe();
    actor.tell(new MountActor.Unmount(UnmountMode.NOW, "asked", probe.getRef()));
    mounting.runAll();
    assertState(MountState.HELD, "gcc");
    accessAndMount(actor);
    assertState(MountState.HELD, "gcc");
  }

  @Test
  void aMountInProgressIsUndone() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    access(actor);
    write(actor);
    mounting.runAll();
    assertState(MountState.HELD, "gcc");
  }

  @Test
  void aMountInProgressThatIsUsedStays() {
    mounter.expiries("gcc", Mounter.Expiry.BUSY);
    ActorRef<MountActor.Command> actor = actor("gcc");
    access(actor);
    write(actor);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void anImageMountedEarlierIsNotUndone() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    mounter.inPlace("gcc", "/dev/loop7");
    access(actor);
    write(actor);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void imagesInsideAHeldOneAreMounted() {
    ActorRef<MountActor.Command> outer = actor("cuda");
    ActorRef<MountActor.Command> inner = actor("cuda/12.5");
    hold(outer);
    access(outer, List.of(inner));
    mounting.runAll();
    assertState(MountState.HELD, "cuda");
    assertState(MountState.MOUNTED, "cuda/12.5");
  }

  @Test
  void aReleaseEndsTheHoldOfItsKindAlone() {
    ActorRef<MountActor.Command> actor = actor("gcc");
    write(actor);
    hold(actor);
    assertEquals("held: patch", line("gcc").reason());
    actor.tell(new MountActor.EndHold(Hold.Kind.OPERATOR));
    assertTrue(line("gcc").reason().startsWith("written to"), line("gcc").toString());
    pass(QUIET);
    assertState(MountState.UNMOUNTED, "gcc");
    actor.tell(new MountActor.EndHold(Hold.Kind.OPERATOR));
    assertState(MountState.UNMOUNTED, "gcc");
  }

  @Test
  void anAccessThatWaitsForTheStorageIsHeldToo() {
    StorageCircuit circuit = new StorageCircuit(1, open -> {});
    ActorRef<MountActor.Command> actor = actor(env(mounting, Optional.empty(), circuit), "gcc");
    circuit.hangs();
    access(actor);
    hold(actor);
    circuit.answers();
    mounting.runAll();
    assertState(MountState.HELD, "gcc");
    assertAttempts(0);
  }

  @Test
  void aFailureDuringAHoldIsFollowedByTheHold() {
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("fsmount", Errno.EIO)));
    ActorRef<MountActor.Command> actor = actor("gcc");
    access(actor);
    hold(actor);
    mounting.runAll();
    assertState(MountState.HELD, "gcc");
  }
}
