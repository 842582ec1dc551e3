package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.mount.Failures;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountWarning;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.StatusText;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Observe mode: what it shows, what it counts, and the way into it and out of it. */
final class DryRunTest extends RouterFixture {
  private Routed observing(String... names) {
    return router(true, Set.of()).images(names);
  }

  private long wouldMount() {
    return status.counters().wouldMount.sum();
  }

  private long wouldServe() {
    return status.counters().wouldServe.sum();
  }

  @Test
  void mountsNothingAndShowsWhatItWould() {
    Routed router = router(true, Set.of()).images("libs", "libs/boost");
    router.accessesAndMounts("/ce/libs/boost/x", "/ce/unknown/x");
    assertEquals(List.of(), mounter.names());
    assertEquals(List.of("libs", "libs/boost"), inUse());
    var line = status.mounts().get("libs/boost").orElseThrow();
    assertEquals(MountState.UNMOUNTED, line.state());
    assertEquals("/images/libs/boost.img", line.image());
    assertEquals("/ce/libs/boost", line.target());
    assertTrue(line.reason().contains("would be mounted"), line.reason());
    assertEquals(1, unknown());
  }

  @Test
  void aMountedImageStaysMountedInTheStatus() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router = router(true, Set.of("gcc")).images("gcc");
    mounting.runAll();
    router.accessesAndMounts("/ce/gcc/x");
    var line = status.mounts().get("gcc").orElseThrow();
    assertEquals(MountState.MOUNTED, line.state());
    assertEquals("/dev/loop5", line.device());
    assertNull(line.reason());
    assertTrue(line.lastAccess() != null);
  }

  @Test
  void forgetsWhatVanishes() {
    Routed router = router(true, Set.of()).images("gcc", "clang");
    router.accesses("/ce/gcc/x", "/ce/clang/x");
    router.images("clang");
    assertEquals(List.of("clang"), inUse());
  }

  @Test
  void countsImagesOnceAndAccessesThatWouldBeServed() {
    Routed router = observing("gcc", "clang", "tcc");
    router.accesses("/ce/gcc/a", "/ce/gcc/b", "/ce/clang/a", "/ce/unknown/a", "/ce/gcc/a");
    assertEquals(2, wouldMount());
    assertEquals(2, wouldServe());
  }

  @Test
  void anObservedImageIsUnmountedSinceItsFirstAccess() {
    Routed router = observing("gcc");
    router.accesses("/ce/gcc/a");
    var first = status.mounts().get("gcc").orElseThrow();
    router.accesses("/ce/gcc/b");
    var second = status.mounts().get("gcc").orElseThrow();
    assertEquals(first.accessed(second.lastAccess()), second);
  }

  @Test
  void anAccessBelowTwoImagesIsServedOnce() {
    Routed router = observing("libs", "libs/boost");
    router.accesses("/ce/libs/boost/x", "/ce/libs/boost/y");
    assertEquals(2, wouldMount());
    assertEquals(1, wouldServe());
  }

  @Test
  void mountedImagesAreNotCounted() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router = router(true, Set.of("gcc")).images("gcc");
    mounting.runAll();
    router.accesses("/ce/gcc/x", "/ce/gcc/y");
    assertEquals(0, wouldMount());
    assertEquals(0, wouldServe());
  }

  @Test
  void statusShowsObservationsOnlyInObserveMode() {
    Routed router = observing("gcc", "clang");
    status.catalog(2, 1, 5, null);
    router.accesses("/ce/gcc/a", "/ce/gcc/b");
    StatusReport report = StatusReport.of(status, "/ce", Instant.now());
    assertEquals("observe", report.mode());
    assertEquals(new StatusReport.Observed(1, 1), report.observed());
    List<String> text = StatusText.lines(report, StatusText.PLAIN, Instant.now());
    assertTrue(
        text.contains("observed 1 of 2 images would have been mounted, serving 1 access"),
        text::toString);

    router.mode(Settings.Mode.MOUNT);
    StatusReport later = StatusReport.of(status, "/ce", Instant.now());
    assertEquals("mount", later.mode());
    assertNull(later.observed());
  }

  @Test
  void modeMountForgetsTheObservations() {
    Routed router = observing("gcc", "clang");
    router.accessesAndMounts("/ce/gcc/x", "/ce/clang/x");
    router.mode(Settings.Mode.MOUNT);
    assertEquals(List.of(), inUse());
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of("gcc"), mounter.names());
    assertEquals(MountState.MOUNTED, state("gcc"));
    assertEquals(List.of("gcc"), inUse());

    router.mode(Settings.Mode.OBSERVE);
    router.accesses("/ce/clang/x");
    assertEquals(MountState.UNMOUNTED, state("clang"));
  }

  @Test
  void modeObserveKeepsMountsAndMakesNoNewOnes() {
    Routed router = router().images("gcc", "clang", "bad");
    mounter.then("bad", ScriptedMounter.failing(Failures.errno("openat2", Errno.EIO)));
    router.accessesAndMounts("/ce/gcc/x", "/ce/bad/x");
    router.mode(Settings.Mode.OBSERVE);
    pass(Duration.ofHours(1));
    router.accessesAndMounts("/ce/gcc/x", "/ce/clang/x", "/ce/bad/x");
    assertEquals(List.of("gcc", "bad"), mounter.names());
    assertEquals(MountState.MOUNTED, state("gcc"));
    assertEquals(MountState.UNMOUNTED, state("clang"));
    assertEquals(MountState.FAILED, state("bad"), "its reason is worth more");

    router.mode(Settings.Mode.MOUNT);
    assertEquals(List.of("bad", "gcc"), inUse());
    router.accessesAndMounts("/ce/bad/x");
    assertEquals(MountState.MOUNTED, state("bad"));
  }

  @Test
  void anImageThatIsReplacedIsNotSwapped() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router = router(true, Set.of("gcc")).images("gcc");
    mounting.runAll();
    mounter.look(
        "gcc",
        new Mounter.Mounted("/dev/loop5", true, null, MountWarning.OUTDATED, "an older image"));
    suspects = List.of("gcc");
    router.images("gcc");
    mounting.runAll();
    assertEquals(List.of(), mounter.names());
    assertEquals(MountState.MOUNTED, state("gcc"));
    assertEquals("an older image", status.mounts().get("gcc").orElseThrow().reason());
  }
}
