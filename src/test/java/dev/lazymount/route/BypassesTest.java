package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.status.Bypass;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Accesses to the original directory of a mounted image. */
final class BypassesTest extends RouterFixture {
  private Routed router;

  @BeforeEach
  void mountAnImage() {
    status.trace(TraceStatus.notStarted(ProgramName.RESOLVED));
    router = router().images("gcc", "clang");
    router.accessesAndMounts("/ce/gcc/f");
  }

  private void read(int pid, String comm) {
    router.accesses(pid, comm, "/ce/gcc/f");
    mounting.runAll();
  }

  /** A process reads the original after the grace period. */
  private void bypass(int pid, String comm) {
    read(pid, comm);
    pass(Bypasses.GRACE);
    read(pid, comm);
  }

  private Optional<Bypass> shown() {
    return status.bypasses().of("gcc", Instant.now());
  }

  private long counted() {
    return status.counters().bypasses.sum();
  }

  @Test
  void accessesOnTheWayDuringTheMountDoNotCount() {
    read(7, "cc1");
    pass(Bypasses.GRACE.minusMillis(1));
    read(7, "cc1");
    assertEquals(0, counted());
    assertEquals(Optional.empty(), shown());
  }

  @Test
  void accessesThatKeepComingAreCountedAndTheirProcessIsNamed() {
    sight = ProcessMounts.Sight.LACKS;
    bypass(7, "cc1\n");
    read(7, "cc1\n");
    assertEquals(2, counted());
    Bypass bypass = shown().orElseThrow();
    assertEquals("cc1?[7]", bypass.process());
    assertEquals(2, bypass.accesses());
    assertEquals(Bypass.Cause.NO_MOUNT, bypass.cause());
  }

  @Test
  void processThatHasTheMountReadsBelowIt() {
    sight = ProcessMounts.Sight.HAS;
    bypass(7, "cc1");
    assertEquals(Bypass.Cause.BELOW_MOUNT, shown().orElseThrow().cause());
  }

  @Test
  void processThatEndedIsShownUntilOneIsExamined() {
    bypass(7, "cat");
    assertEquals(Bypass.Cause.UNKNOWN, shown().orElseThrow().cause());
    sight = ProcessMounts.Sight.LACKS;
    pass(Bypasses.LOOK_PAUSE);
    read(8, "cc1");
    sight = ProcessMounts.Sight.ENDED;
    pass(Bypasses.LOOK_PAUSE);
    read(9, "cat");
    Bypass bypass = shown().orElseThrow();
    assertEquals("cc1[8]", bypass.process());
    assertEquals(Bypass.Cause.NO_MOUNT, bypass.cause());
    assertEquals(3, bypass.accesses());
  }

  @Test
  void processesAreNotExaminedAtEveryAccess() {
    bypass(7, "cat");
    sight = ProcessMounts.Sight.LACKS;
    read(8, "cc1");
    assertEquals(Bypass.Cause.UNKNOWN, shown().orElseThrow().cause());
  }

  @Test
  void bypassIsNoUseOfTheImage() {
    bypass(7, "cat");
    Instant before = status.mounts().get("gcc").orElseThrow().lastAccess();
    int calls = mounter.names().size();
    pass(Bypasses.GRACE.multipliedBy(10));
    read(7, "cat");
    assertEquals(before, status.mounts().get("gcc").orElseThrow().lastAccess());
    assertEquals(calls, mounter.names().size());
  }

  @Test
  void programThatReportsMountedImagesProvesNothing() {
    status.trace(TraceStatus.notStarted(ProgramName.PATH));
    bypass(7, "cat");
    assertEquals(0, counted());
  }

  @Test
  void unmountedImageIsMountedAgainAndNotBypassed() {
    bypass(7, "cat");
    status.mounts().remove("gcc");
    read(7, "cat");
    assertEquals(1, counted());
    assertEquals(Optional.empty(), shown());
  }

  @Test
  void anotherImageIsNotAffected() {
    bypass(7, "cat");
    router.accessesAndMounts("/ce/clang/f");
    assertTrue(mounter.names().contains("clang"));
    assertEquals(
        List.of("gcc"), status.bypasses().all(Instant.now()).stream().map(Bypass::name).toList());
  }
}
