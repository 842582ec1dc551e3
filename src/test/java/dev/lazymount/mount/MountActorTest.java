package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The states of an image after an access, while the storage responds. */
final class MountActorTest extends MountFixture {
  @Test
  void firstAccessMounts() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    assertState(MountState.UNMOUNTED, "gcc");
    assertEquals("/images/gcc.img", line("gcc").image());
    assertEquals("/root/gcc", line("gcc").target());
    assertNull(line("gcc").lastAccess());
    assertIdle();

    access(gcc);
    assertState(MountState.MOUNTING, "gcc");
    assertNotNull(line("gcc").lastAccess());

    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(ScriptedMounter.device("gcc"), line("gcc").device());
    assertNull(line("gcc").reason());
    assertEquals(List.of(request("gcc")), mounter.calls());
    assertEquals(1, status.counters().mounts.sum());
    assertEquals(0, status.counters().adopted.sum());
  }

  @Test
  void mountDurationIsReported() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then(
        "gcc",
        () -> {
          pass(Duration.ofMillis(250));
          return new Mounter.Mounted("/dev/loop0", false, null);
        });
    accessAndMount(gcc);
    assertEquals(250.0, line("gcc").mountMillis(), 0.001);
    assertEquals(0.25, status.counters().mountSeconds.sum(), 1e-6);
    assertEquals(1, LongStream.of(status.counters().accessToMountSeconds.counts()).sum());
  }

  @Test
  void accessesDuringAMountStartNoOther() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    for (int i = 0; i < 10; i++) {
      access(gcc);
    }
    assertEquals(1, mounting.waiting());
    mounting.runAll();
    assertAttempts(1);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void freshMountIsNotVerified() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    pass(STALE.minusMillis(1));
    access(gcc);
    assertIdle();
    assertAttempts(1);
  }

  @Test
  void verifiedMountIsNotCountedTwice() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    MountStatus before = line("gcc");
    pass(STALE);
    access(gcc);
    assertState(MountState.MOUNTED, "gcc");
    mounting.runAll();
    assertAttempts(2);
    assertEquals(before.accessed(line("gcc").lastAccess()), line("gcc"));
    assertEquals(1, status.counters().mounts.sum());
    assertEquals(0, status.counters().adopted.sum());

    pass(STALE.minusMillis(1));
    access(gcc);
    assertIdle();
  }

  @Test
  void externallyUnmountedImageIsMountedAgain() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.unmountedByHand("gcc");
    pass(STALE);
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(2, status.counters().mounts.sum());
  }

  @Test
  void mountOfAnotherProcessIsAdopted() {
    mounter.inPlace("gcc", "/dev/loop9");
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals("/dev/loop9", line("gcc").device());
    assertNull(line("gcc").mountMillis());
    assertEquals(0, status.counters().mounts.sum());
    assertEquals(1, status.counters().adopted.sum());
  }

  @Test
  void internalErrorIsAFailure() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then(
        "gcc",
        () -> {
          throw new IllegalStateException("an error");
        },
        () -> {
          throw new NoClassDefFoundError("a library is missing");
        },
        () -> {
          throw new StackOverflowError("too deep");
        });
    for (String reason : List.of("an error", "a library is missing", "too deep")) {
      accessAndMount(gcc);
      assertState(MountState.FAILED, "gcc");
      assertTrue(line("gcc").reason().contains(reason), line("gcc").reason());
      pass(RETRY_MAX.multipliedBy(2));
    }
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void mountRetriesWhileAnotherProcessHoldsTheLock() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    mounter.then(
        "gcc",
        ScriptedMounter.failing(Failures.locked()),
        ScriptedMounter.failing(Failures.locked()));
    accessAndMount(gcc);
    assertState(MountState.MOUNTING, "gcc");

    pass(Duration.ofMillis(49));
    assertIdle();
    pass(Duration.ofMillis(1));
    access(gcc);
    assertEquals(1, mounting.waiting());
    mounting.runAll();
    pass(Duration.ofMillis(100));
    mounting.runAll();

    assertAttempts(3);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(0, status.counters().failures.sum());
  }

  @Test
  void lateVerificationKeepsTheMountsHistory() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    MountStatus before = line("gcc");
    pass(STALE);
    access(gcc);
    pass(TIMEOUT);
    assertState(MountState.STUCK, "gcc");

    mounting.runAll();

    assertEquals(before.accessed(line("gcc").lastAccess()), line("gcc"));
    assertNotNull(line("gcc").trigger());
    assertEquals(1, status.counters().mounts.sum());
    assertEquals(0, status.counters().adopted.sum());
    assertEquals(1, status.counters().timeouts.sum());
  }

  @Test
  void lateVerificationStillShowsTheMount() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    pass(STALE);
    access(gcc);
    pass(TIMEOUT);
    assertTrue(line("gcc").mounted());
    assertEquals(ScriptedMounter.device("gcc"), line("gcc").device());
    assertEquals(
        "no mount thread has been free for 30 s, because other mounts hang; still waiting."
            + " The mounted image stays in place",
        line("gcc").reason());
    long before = status.counters().servedByOriginal.sum();
    status.accessed("gcc");
    assertEquals(before, status.counters().servedByOriginal.sum());
  }

  @Test
  void failedVerificationIsReportedAndRecovers() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    accessAndMount(gcc);
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("statx", Errno.EIO)));
    pass(STALE);
    accessAndMount(gcc);
    assertState(MountState.FAILED, "gcc");
    pass(RETRY.multipliedBy(2));
    accessAndMount(gcc);
    assertState(MountState.MOUNTED, "gcc");
    assertEquals(1, status.counters().mounts.sum());
  }

  @Test
  void mountEndsAfterTheActorHasStopped() {
    ActorRef<MountActor.Command> gcc = actor("gcc");
    access(gcc);
    MountStatus before = line("gcc");
    stage().kit().stop(gcc);
    mounting.runAll();
    assertAttempts(1);
    assertSame(before, line("gcc"));
  }
}
