package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Images inside one another: the outer one is mounted before the inner one. */
final class NestedMountTest extends MountFixture {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final ActorRef<MountActor.Command> outer = actor("libs");
  private final ActorRef<MountActor.Command> middle = actor("libs/boost");
  private final ActorRef<MountActor.Command> inner = actor("libs/boost/1_84");

  @Test
  void outerImageIsMountedFirst() {
    access(outer, List.of(middle, inner));
    assertEquals(1, mounting.waiting());
    assertState(MountState.UNMOUNTED, "libs/boost");
    mounting.runOne();
    assertState(MountState.MOUNTED, "libs");
    assertState(MountState.MOUNTING, "libs/boost");
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs/boost/1_84");
    assertEquals(List.of("libs", "libs/boost", "libs/boost/1_84"), mounter.names());
  }

  @Test
  void innerIsMountedIfTheOuterFails() {
    mounter.then("libs", ScriptedMounter.failing(Failures.errno("openat2", Errno.ENOENT)));
    access(outer, List.of(inner));
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    mounting.runAll();
    assertState(MountState.FAILED, "libs");
    assertState(MountState.MOUNTED, "libs/boost/1_84");
  }

  @Test
  void innerIsMountedIfTheOuterIsBad() {
    mounter.then("libs", ScriptedMounter.failing(Failures.badImage(null)));
    access(outer, List.of(inner));
    mounting.runAll();
    assertState(MountState.QUARANTINED, "libs");
    assertState(MountState.MOUNTED, "libs/boost/1_84");
  }

  @Test
  void innerIsMountedWhateverStateTheOuterIsIn() {
    mounter.then("libs", ScriptedMounter.failing(Failures.errno("openat2", Errno.ENOENT)));
    mounter.then("libs/boost", ScriptedMounter.failing(Failures.badImage(null)));
    accessAndMount(outer);
    accessAndMount(middle);
    access(outer, List.of(middle, inner));
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs/boost/1_84");
    assertEquals(List.of("libs", "libs/boost", "libs/boost/1_84"), mounter.names());

    ActorRef<MountActor.Command> other = actor("gcc");
    access(inner, List.of(other));
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void innerWaitsForTheCheckOfABadOuter() {
    mounter.then("libs", ScriptedMounter.failing(Failures.badImage(null)));
    accessAndMount(outer);
    pass(STALE);
    access(outer, List.of(inner));
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs/boost/1_84");
    assertEquals(List.of("libs", "libs/boost/1_84"), mounter.names());
  }

  @Test
  void innerWaitsForTheRecheckOfTheOuter() {
    mounter.inPlace("libs", "/dev/loop5");
    outer.tell(new MountActor.Recheck());
    access(outer, List.of(inner));
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs/boost/1_84");
    assertEquals(List.of("libs/boost/1_84"), mounter.names());
  }

  @Test
  void innerReceivesOneAccessPerWayInside() {
    TestProbe<MountActor.Command> inside = stage().kit().createTestProbe();
    TestProbe<MountActor.Command> further = stage().kit().createTestProbe();
    for (int i = 0; i < 10; i++) {
      access(outer, List.of(inside.getRef()));
      access(outer, List.of(further.getRef(), inside.getRef()));
      access(outer);
    }
    mounting.runAll();
    for (TestProbe<MountActor.Command> probe : List.of(inside, further)) {
      probe.expectMessageClass(MountActor.Accessed.class, SOON);
      probe.expectNoMessage(Duration.ZERO);
    }
  }

  @Test
  void accessesBeforeATimeoutMountNoInner() {
    access(outer, List.of(inner));
    pass(TIMEOUT);
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs");
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
  }

  /** An outer image that is attached later would hide it. */
  @Test
  void innerIsNotMountedWhileTheOuterIsStuck() {
    access(outer, List.of(inner));
    pass(TIMEOUT.plus(Duration.ofHours(1)));
    assertState(MountState.STUCK, "libs");
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    access(outer, List.of(inner));
    assertState(MountState.UNMOUNTED, "libs/boost/1_84");
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs");
    assertState(MountState.MOUNTED, "libs/boost/1_84");
  }

  @Test
  void stoppedInnerIsIgnored() {
    stage().kit().stop(inner);
    access(outer, List.of(inner));
    mounting.runAll();
    assertState(MountState.MOUNTED, "libs");
  }
}
