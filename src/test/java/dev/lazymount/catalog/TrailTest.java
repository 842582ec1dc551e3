package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a scan was told holds until the directories would say something else. */
final class TrailTest extends ScanFixture {
  private final Trail inImages = new Trail();
  private final Trail inRoot = new Trail();

  @BeforeEach
  void two() throws IOException {
    image("gcc.img", "arm64/gcc-8.img");
    link("trunk", "gcc");
    link("arm64/newest", "gcc-8");
  }

  private void walk(ScanLimits limits) throws SyscallException {
    CatalogScan.scan(
        images.toString(), root.toString(), SUFFIXES, Catalog.empty(), limits, inImages, inRoot);
  }

  private static boolean holds(Trail trail, Path base) throws SyscallException {
    try (Fd directory = Fd.openDirectory(base.toString())) {
      return trail.holds(directory);
    }
  }

  @Test
  void holdsWhileNothingChanges() throws Exception {
    walk(LIMITS);
    for (int i = 0; i < 2; i++) {
      assertTrue(holds(inImages, images));
      assertTrue(holds(inRoot, root));
    }
  }

  @Test
  void holdsNoMoreAfterAnyChangeAndAgainOnceItIsUndone() throws Exception {
    walk(LIMITS);
    for (String file : new String[] {"gcc.img", "arm64/gcc-8.img", "arm64"}) {
      Files.move(images.resolve(file), temp.resolve("away"));
      assertFalse(holds(inImages, images), file);
      Files.move(temp.resolve("away"), images.resolve(file));
      assertTrue(holds(inImages, images), file);
    }
    for (String file : new String[] {"trunk", "arm64/newest", "arm64"}) {
      Files.move(root.resolve(file), temp.resolve("away"));
      assertFalse(holds(inRoot, root), file);
      Files.move(temp.resolve("away"), root.resolve(file));
      assertTrue(holds(inRoot, root), file);
    }
    assertFalse(holds(inRoot, images), "another directory");
  }

  @Test
  void directoryThatBecameALinkToTheSameIsAChange() throws Exception {
    walk(LIMITS);
    Files.move(images.resolve("arm64"), images.resolve("real"));
    Files.createSymbolicLink(images.resolve("arm64"), Path.of("real"));
    assertFalse(holds(inImages, images));
  }

  @Test
  void doesNotHoldIfNotAllWasRead() throws Exception {
    walk(new ScanLimits(8, 100, 100, 100, 1, 20));
    assertFalse(holds(inImages, images));
    assertFalse(holds(inRoot, root));
  }

  @Test
  void doesNotHoldIfAnImageLiesInAnotherWhoseMountsCount() throws Exception {
    image("arm64.img");
    walk(LIMITS);
    assertTrue(holds(inImages, images));
    assertFalse(holds(inRoot, root));
  }

  /** Also of links that lead elsewhere, and are in no catalog. */
  @Test
  void targetsAreNotRememberedBeyondTwoMebibytes() throws Exception {
    String target = "/elsewhere" + "/t".repeat(1900);
    for (int i = 0; i < 600; i++) {
      link("link" + i, target + i);
    }
    walk(LIMITS);
    assertFalse(holds(inRoot, root));
  }

  @Test
  void isNotRememberedBeyondTwoMebibytes() throws Exception {
    String name = "n".repeat(230);
    for (int i = 0; i < 9000; i++) {
      Files.createFile(images.resolve(name + i + ".img"));
    }
    walk(LIMITS);
    assertFalse(holds(inImages, images));
  }
}
