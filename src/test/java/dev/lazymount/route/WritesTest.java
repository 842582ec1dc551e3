package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.config.Settings;
import dev.lazymount.status.MountState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Directories that are written to are left alone. */
final class WritesTest extends RouterFixture {
  private static final Duration QUIET = Duration.ofMinutes(5);

  @Test
  void aWriteIsNoUse() {
    Routed router = router().images("gcc");
    router.writes("/ce/gcc/f");
    mounting.runAll();
    assertEquals(List.of(), mounter.names());
    assertEquals(0, status.counters().servedByOriginal.sum());
  }

  @Test
  void nothingIsMountedOverADirectoryThatIsWrittenTo() {
    Routed router = router().images("gcc", "clang");
    router.writes("/ce/gcc/f");
    router.accessesAndMounts("/ce/gcc/bin/gcc", "/ce/clang/bin/clang");
    assertEquals(List.of("clang"), mounter.names());
    assertEquals(MountState.HELD, state("gcc"));
    pass(QUIET);
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void theDirectoryItselfCounts() {
    Routed router = router().images("gcc");
    router.writes("/ce/gcc");
    assertEquals(MountState.HELD, state("gcc"));
  }

  @Test
  void everyImageAroundTheFileIsHeldAndNoOther() {
    Routed router = router().images("cuda", "cuda/12.5", "cuda/12.6");
    router.writes("/ce/cuda/12.5/bin/nvcc");
    assertEquals(List.of("cuda", "cuda/12.5"), inUse());
    router.accessesAndMounts("/ce/cuda/12.6/bin/nvcc");
    assertEquals(List.of("cuda/12.6"), mounter.names());
  }

  /** The first write would otherwise hit the image, and the others stay hidden below it. */
  @Test
  void aWriteInTheSameBatchCountsBeforeTheUse() {
    Routed router = router().images("gcc");
    router.readsAndWrites("/ce/gcc/README", "/ce/gcc/f");
    assertEquals(List.of(), mounter.names());
  }

  @Test
  void aWriteBeforeTheFirstScanCounts() {
    Routed router = router();
    router.accesses("/ce/gcc/README");
    router.writes("/ce/gcc/f");
    router.images("gcc");
    mounting.runAll();
    assertEquals(List.of(), mounter.names());
    assertEquals(MountState.HELD, state("gcc"));
  }

  @Test
  void namesWithoutAnImageLeaveNothing() {
    Routed router = router().images("gcc");
    router.writes("/ce/new/f", "/ce/new/bin/f", "/other/f");
    assertEquals(List.of(), inUse());
    assertEquals(0, unknown());
    scanner.expectNoMessage(NOW);
  }

  @Test
  void continuousWritesExtendTheHold() {
    Routed router = router().images("gcc");
    for (int i = 0; i < 1000; i++) {
      router.writes("/ce/gcc/f" + i);
      pass(Duration.ofMillis(500));
    }
    pass(QUIET.minusSeconds(2));
    assertEquals(MountState.HELD, state("gcc"));
    pass(Duration.ofSeconds(2));
    assertEquals(MountState.UNMOUNTED, state("gcc"));
  }

  @Test
  void offMountsRegardless() {
    live = new RouteSettings(0, Optional.empty());
    Routed router = router().images("gcc");
    router.writes("/ce/gcc/f");
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(List.of("gcc"), mounter.names());
  }

  @Test
  void observeModeCountsNoMountOfAHeldImage() {
    Routed router = router().images("gcc");
    router.mode(Settings.Mode.OBSERVE);
    router.writes("/ce/gcc/f");
    router.accesses("/ce/gcc/bin/gcc");
    assertEquals(0, status.counters().wouldMount.sum());
    assertEquals(MountState.HELD, state("gcc"));
  }

  @Test
  void theWarmListMountsNoHeldImage() {
    Routed router = router().images("gcc");
    router.writes("/ce/gcc/f");
    router.warm("gcc");
    assertEquals(List.of(), mounter.names());
  }
}
