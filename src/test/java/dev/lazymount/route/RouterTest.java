package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.mount.Failures;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which accesses lead to which MountActors. */
final class RouterTest extends RouterFixture {
  @Test
  void anAccessMountsItsImageAndNoOther() {
    Routed router = router().images("gcc", "gcc-15", "clang");
    router.accessesAndMounts("/ce/gcc-15/bin/gcc");
    assertEquals(List.of("gcc-15"), mounter.names());
    assertEquals(List.of("gcc-15"), inUse());
    assertEquals(MountState.MOUNTED, state("gcc-15"));
    assertEquals(0, unknown());
  }

  /** The path program reports the path as it was spelled. */
  @Test
  void aLinkToAFileOfAnImageMountsTheImage() {
    Routed router =
        router()
            .catalog(
                Catalog.of(
                    List.of(new ImageFile("gcc-15", "gcc-15.img")),
                    Map.of("gcc", "gcc-15/bin/gcc", "latest", "gcc-15")));
    router.accessesAndMounts("/ce/latest");
    assertEquals(List.of(), inUse());
    router.accessesAndMounts("/ce/gcc");
    assertEquals(List.of("gcc-15"), mounter.names());
    assertEquals(0, unknown());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ce/gcc",
        "/ce/gcc/",
        "/ce",
        "/ce/",
        "/",
        "",
        "gcc/bin",
        "/other/gcc/bin",
        "/cegcc/bin",
        "/ce/../gcc/bin",
        "/ce/gcc/..",
        "/ce/gcc/../clang"
      })
  void pathsOutsideOrAtAnImageDirectoryMountNothing(String path) {
    Routed router = router().images("gcc", "clang");
    router.accessesAndMounts(path);
    assertEquals(List.of(), inUse());
    assertEquals(0, unknown());
    scanner.expectNoMessage(NOW);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/ce/arm64/gcc", "/ce/libs/boost", "/ce/libs"})
  void listingADirectoryOfOrWithAnImageIsNoUnknownName(String path) {
    Routed router = router().images("arm64/gcc", "libs/boost/1_84");
    router.accessesAndMounts(path);
    assertEquals(List.of(), inUse());
    assertEquals(0, unknown());
    scanner.expectNoMessage(NOW);
  }

  @Test
  void aSymlinkInTheRootLeadsToItsTargetsImage() {
    Routed router =
        router()
            .catalog(
                Catalog.of(
                    List.of(new ImageFile("clang-2026", "clang-2026.img")),
                    Map.of("clang-trunk", "clang-2026")));
    router.accessesAndMounts("/ce/clang-trunk/bin/clang");
    assertEquals(List.of("clang-2026"), mounter.names());
  }

  @Test
  void accessesThatFollowQuicklyReachTheMountActorOnce() {
    Routed router = router().images("gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("statx", Errno.EIO)));
    router.accessesAndMounts("/ce/gcc/a", "/ce/gcc/b");
    var first = status.mounts().get("gcc").orElseThrow().lastAccess();
    pass(APART.minusNanos(1));
    router.accesses("/ce/gcc/c");
    assertEquals(first, status.mounts().get("gcc").orElseThrow().lastAccess());
    pass(Duration.ofNanos(1));
    router.accesses("/ce/gcc/d");
    assertTrue(first.isBefore(status.mounts().get("gcc").orElseThrow().lastAccess()));
    assertEquals(List.of("gcc"), mounter.names());
  }

  @Test
  void aQuickAccessToOneImageDoesNotHideOneToAnother() {
    Routed router = router().images("gcc", "clang");
    router.accessesAndMounts("/ce/gcc/a", "/ce/clang/a");
    assertEquals(List.of("gcc", "clang"), mounter.names());
  }

  @Test
  void nestedImagesAreMountedFromTheOutside() {
    Routed router = router().images("libs", "libs/boost/1_84", "libs/other");
    router.accessesAndMounts("/ce/libs/boost/1_84/include/x.h");
    assertEquals(List.of("libs", "libs/boost/1_84"), mounter.names());
    assertEquals(List.of("libs", "libs/boost/1_84"), inUse());
  }

  @Test
  void theNestedImageIsMountedAlsoIfTheOuterFails() {
    Routed router = router().images("libs", "libs/boost");
    mounter.then("libs", ScriptedMounter.failing(Failures.errno("openat2", Errno.ENOENT)));
    router.accessesAndMounts("/ce/libs/boost/x");
    assertEquals(MountState.FAILED, state("libs"));
    assertEquals(MountState.MOUNTED, state("libs/boost"));
  }

  @Test
  void theMountRequestListsNestedImages() {
    Routed router = router().images("libs", "libs/boost/1_84", "libs/boost", "libs2");
    router.accessesAndMounts("/ce/libs/x");
    Mounter.Request request = mounter.calls().get(0);
    assertEquals(List.of("libs/boost", "libs/boost/1_84"), request.inner());
  }

  @Test
  void unknownNamesAreHintedToTheCatalogOnceASecond() {
    Routed router = router().images("gcc");
    router.accesses("/ce/new/a", "/ce/new/b", "/ce/newer/c");
    scanner.expectMessageClass(CatalogActor.Hint.class, SOON);
    pass(Duration.ofMillis(999));
    router.accesses("/ce/new/a");
    scanner.expectNoMessage(NOW);
    pass(Duration.ofMillis(1));
    router.accesses("/ce/new/a", "/ce/new/a");
    scanner.expectMessageClass(CatalogActor.Hint.class, SOON);
    scanner.expectNoMessage(NOW);
    assertEquals(6, unknown());
  }

  @Test
  void aMillionUnknownNamesMakeNoActorAndOneHint() {
    Routed router = router().images("gcc");
    for (int batch = 0; batch < 1000; batch++) {
      int from = batch * 1000;
      router.accesses(
          IntStream.range(from, from + 1000)
              .mapToObj(i -> "/ce/made-up-" + i + "/bin/x")
              .toArray(String[]::new));
    }
    assertEquals(1_000_000, unknown());
    assertEquals(List.of(), inUse());
    scanner.expectMessageClass(CatalogActor.Hint.class, SOON);
    scanner.expectNoMessage(NOW);
  }

  @Test
  void aFailedMountActorIsReplacedAndItsRowIsCorrected() {
    Routed router = router().images("good", "bad");
    // No mounter returns null; the actor fails on it.
    mounter.then("bad", () -> null);
    router.accessesAndMounts("/ce/good/x", "/ce/bad/x");
    var good = status.mounts().get("good").orElseThrow();
    assertEquals(MountState.MOUNTED, good.state());
    var bad = status.mounts().get("bad").orElseThrow();
    // In MOUNTING, the warm list would wait for it for ever.
    assertEquals(MountState.FAILED, bad.state());
    assertEquals("internal error, see the log; the next access mounts it", bad.reason());

    pass(APART);
    router.accessesAndMounts("/ce/good/x", "/ce/bad/x");
    assertEquals(List.of("good", "bad", "bad"), mounter.names());
    assertEquals(MountState.MOUNTED, state("bad"));
    assertEquals(good.since(), status.mounts().get("good").orElseThrow().since());
  }

  @Test
  void anImageOfTheWarmListIsMountedWithThatTrigger() {
    Routed router = router().images("gcc", "clang");
    router.warm("gcc");
    assertEquals(List.of("gcc"), mounter.names());
    var line = status.mounts().get("gcc").orElseThrow();
    assertEquals(MountState.MOUNTED, line.state());
    assertEquals("the warm list", line.trigger());
    assertNull(line.lastAccess(), "not used yet");
    assertEquals(1, status.counters().warmed.sum());

    router.accessesAndMounts("/ce/gcc/x", "/ce/clang/x");
    assertEquals(List.of("gcc", "clang"), mounter.names());
    assertTrue(status.mounts().get("gcc").orElseThrow().lastAccess() != null);
    assertEquals("sh[4711] (openat)", status.mounts().get("clang").orElseThrow().trigger());
    assertEquals(1, status.counters().warmed.sum());
  }

  @Test
  void theWarmListMountsOuterImagesFirst() {
    Routed router = router().images("libs", "libs/boost", "libs/other");
    router.warm("libs/boost");
    assertEquals(List.of("libs", "libs/boost"), mounter.names());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rust", "gcc/bin", "", "/", "../gcc", "link"})
  void whatIsNoImageIsNotMountedForTheWarmList(String name) {
    Routed router =
        router()
            .catalog(Catalog.of(List.of(new ImageFile("gcc", "gcc.img")), Map.of("link", "gcc")));
    router.warm(name);
    assertEquals(List.of(), inUse());
    assertEquals(0, unknown());
  }

  @Test
  void beforeTheFirstScanAndInObserveModeTheWarmListMountsNothing() {
    Routed router = router();
    router.warm("gcc");
    router.images("gcc");
    router.mode(Settings.Mode.OBSERVE);
    router.warm("gcc");
    assertEquals(List.of(), inUse());
  }

  @Test
  void countsTheAccessesThatTheOriginalServed() {
    Routed router = router().images("gcc", "clang");
    router.accesses("/ce/gcc/a", "/ce/gcc/b", "/ce/none/a");
    mounting.runAll();
    assertEquals(2, status.counters().servedByOriginal.sum());
    router.accessesAndMounts("/ce/gcc/a", "/ce/clang/a");
    assertEquals(3, status.counters().servedByOriginal.sum());
  }

  @Test
  void observedAccessesAreServedByTheOriginal() {
    Routed router = router(true, Set.of()).images("gcc");
    router.accessesAndMounts("/ce/gcc/a", "/ce/gcc/a");
    assertEquals(2, status.counters().servedByOriginal.sum());
  }
}
