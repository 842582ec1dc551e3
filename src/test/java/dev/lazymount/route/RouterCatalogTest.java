package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.linux.Errno;
import dev.lazymount.mount.Failures;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.kernel.Reconcile;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What catalogs change: the first one, and each later one. */
final class RouterCatalogTest extends RouterFixture {
  @Test
  void accessesBeforeTheFirstScanAreKeptAndRoutedAfterIt() {
    Routed router = router();
    router.accessesAndMounts("/ce/gcc/bin/gcc", "/ce/gcc/bin/g++", "/ce/unknown/x", "/ce/gcc");
    assertEquals(List.of(), inUse());
    assertEquals(0, unknown());

    router.images("gcc");
    mounting.runAll();
    assertEquals(List.of("gcc"), mounter.names());
    assertEquals(1, unknown());
  }

  @Test
  void earlyAccessesAreRoutedOnceAndNotAgainByTheNextCatalog() {
    Routed router = router();
    router.accesses("/ce/unknown/x");
    router.images("gcc").images("clang");
    assertEquals(1, unknown());
  }

  @Test
  void earlyAccessesAreBounded() {
    Routed router = router();
    for (int batch = 0; batch < 100; batch++) {
      int from = batch * 1000;
      router.accesses(
          IntStream.range(from, from + 1000)
              .mapToObj(i -> "/ce/made-up-" + i + "/x")
              .toArray(String[]::new));
    }
    router.accesses("/ce/made-up-1/x");
    assertEquals(100_000 - 4096, status.counters().lost.sum(), "the rest is counted");
    router.images("gcc");
    assertEquals(4096, unknown());
  }

  /** A build opens thousands of headers, and others use other compilers meanwhile. */
  @Test
  void earlyAccessesInOneDirectoryTakeOnePlace() {
    Routed router = router();
    for (int i = 0; i < 10_000; i++) {
      router.accesses("/ce/gcc/include/" + i + ".h");
    }
    router.accesses("/ce/clang/bin/clang", "/ce/a-link", "/ce/another-link", "/ce/rust/x");
    router.images("gcc", "clang", "rust");
    mounting.runAll();
    assertEquals(List.of("gcc", "clang", "rust"), mounter.names());
    assertEquals(0, status.counters().lost.sum());
  }

  @Test
  void aRepeatedEarlyAccessTakesOnePlace() {
    Routed router = router();
    for (int i = 0; i < 5000; i++) {
      router.accesses("/ce/made-up/x");
    }
    router.accessesAndMounts("/ce/gcc/x");
    router.images("gcc");
    mounting.runAll();
    assertEquals(List.of("gcc"), mounter.names());
  }

  @Test
  void anImageThatAppearsIsMountedAtTheNextAccess() {
    Routed router = router().images("gcc");
    router.accessesAndMounts("/ce/clang/x");
    assertEquals(List.of(), mounter.names());
    router.images("gcc", "clang");
    router.accessesAndMounts("/ce/clang/x");
    assertEquals(List.of("clang"), mounter.names());
  }

  @Test
  void anImageThatVanishesIsForgottenAndMayReturn() {
    Routed router = router().images("gcc", "clang");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("openat2", Errno.ENOENT)));
    router.accessesAndMounts("/ce/gcc/x");
    router.images("clang");
    assertEquals(List.of(), inUse());
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(1, unknown());

    router.images("gcc", "clang");
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of("gcc", "gcc"), mounter.names());
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void aMountedImageThatVanishesStaysMounted() {
    Routed router = router().images("gcc");
    router.accessesAndMounts("/ce/gcc/x");
    router.images();
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void anImageWhoseFileChangesIsTakenFromTheNewFile() {
    Routed router = router().images("gcc");
    mounter.then("gcc", ScriptedMounter.failing(Failures.errno("openat2", Errno.ENOENT)));
    router.accessesAndMounts("/ce/gcc/x");
    router.catalog(Catalog.of(List.of(new ImageFile("gcc", "gcc.sqfs")), Map.of()));
    pass(Duration.ofSeconds(2));
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(
        List.of("gcc.img", "gcc.sqfs"),
        mounter.calls().stream().map(Mounter.Request::file).toList());
  }

  @Test
  void theOuterImageLearnsOfANewNestedOne() {
    Routed router = router().images("libs");
    router.accessesAndMounts("/ce/libs/x");
    router.images("libs", "libs/boost");
    pass(APART);
    router.accessesAndMounts("/ce/libs/x");
    assertEquals(List.of("libs/boost"), mounter.calls().get(1).inner());
  }

  @Test
  void anUnchangedCatalogCausesNoMountCalls() {
    Routed router = router().images("gcc");
    router.accessesAndMounts("/ce/gcc/x");
    router.images("gcc", "clang");
    pass(APART);
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of("gcc"), mounter.names());
  }

  @Test
  void deeperNamesOfANewCatalogAreFound() {
    Routed router = router().images("gcc");
    router.accesses("/ce/a/b/c/d/e/f");
    router.images("a/b/c/d/e");
    router.accessesAndMounts("/ce/a/b/c/d/e/f");
    assertEquals(List.of("a/b/c/d/e"), mounter.names());
  }

  @Test
  void imagesMountedAtStartAreAdoptedAfterTheFirstScan() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router =
        router(
            false,
            new Reconcile.Found("gcc", Optional.of("gcc.img")),
            new Reconcile.Found("not-ours/x", Optional.empty()));
    mounting.runAll();
    assertEquals(List.of(), mounter.looks());
    router.images("gcc", "clang");
    mounting.runAll();
    assertEquals(List.of("gcc"), mounter.looks());
    assertEquals(List.of("gcc"), inUse());
    assertEquals(MountState.MOUNTED, state("gcc"));
    assertEquals(List.of(), mounter.names());

    mounter.inPlace("clang", "/dev/loop6");
    router.images("gcc", "clang", "not-ours/x");
    mounting.runAll();
    assertEquals(List.of("gcc"), mounter.looks());
  }

  @Test
  void aMountWithoutAnImageEndsWhenItIsIdle() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router = router(false, new Reconcile.Found("gcc", Optional.of("gcc.img")));
    router.images("clang");
    mounting.runAll();
    assertEquals(MountState.MOUNTED, state("gcc"));
    pass(Duration.ofSeconds(10));
    mounting.runAll();
    assertEquals(List.of(), inUse());
  }

  @Test
  void observeModeLeavesAMountWhoseImageVanished() {
    mounter.inPlace("gcc", "/dev/loop5");
    Routed router = router(true, new Reconcile.Found("gcc", Optional.of("gcc.img")));
    router.images("clang");
    mounting.runAll();
    assertEquals(List.of(), inUse());
    assertEquals(List.of(), mounter.looks());
  }

  @Test
  void anotherRootEndsABackOff() {
    mounter.then(
        "gcc",
        ScriptedMounter.failing(new MountFailure(MountFailure.Kind.OTHER, "ENOENT in that root")));
    Routed router = router().images("gcc");
    router.accessesAndMounts("/ce/gcc/bin/g++");
    assertEquals(MountState.FAILED, state("gcc"));
    pass(APART);
    router.accessesAndMounts("/ce/gcc/bin/g++");
    assertEquals(1, mounter.calls().size(), "the back-off is not over");

    router.rootChanged();

    pass(APART);
    router.accessesAndMounts("/ce/gcc/bin/g++");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void onlySuspectsAreCheckedAfterAScan() {
    Routed router = router().images("gcc", "clang");
    router.accessesAndMounts("/ce/gcc/x", "/ce/clang/x");
    suspects = List.of("clang", "not-in-use");
    router.images("gcc", "clang");
    mounting.runAll();
    assertEquals(List.of("clang"), mounter.looks());
  }

  @Test
  void anExternalUnmountIsShownAfterTheNextScan() {
    Routed router = router().images("gcc");
    router.accessesAndMounts("/ce/gcc/x");
    mounter.unmountedByHand("gcc");
    suspects = List.of("gcc");
    router.images("gcc");
    mounting.runAll();
    assertEquals(MountState.UNMOUNTED, state("gcc"));
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of("gcc"), mounter.names());
    pass(APART);
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of("gcc", "gcc"), mounter.names());
  }
}
