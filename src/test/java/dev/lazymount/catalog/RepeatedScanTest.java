package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is scanned again: the same catalog where nothing has changed, and else the same as anew. */
final class RepeatedScanTest extends ScanFixture {
  private RepeatedScan scanner;
  private Catalog newest = Catalog.empty();

  @BeforeEach
  void scanner() {
    scanner = new RepeatedScan(images.toString(), root.toString(), SUFFIXES);
  }

  /** Scans, and compares with a scan that knows nothing of earlier ones. */
  private CatalogScan.Scan again() throws SyscallException {
    CatalogScan.Scan anew = scan(newest);
    CatalogScan.Scan scan = scanner.scan(newest);
    assertTrue(scan.catalog().hasTheSameAs(anew.catalog()), scan + ", and anew: " + anew);
    assertEquals(anew.problems(), scan.problems());
    assertEquals(anew.refused(), scan.refused());
    newest = scan.catalog();
    return scan;
  }

  private void assertNothingNew() throws SyscallException {
    Catalog before = newest;
    assertSame(before, again().catalog());
  }

  private void assertNews() throws SyscallException {
    Catalog before = newest;
    assertNotSame(before, again().catalog());
  }

  @Test
  void catalogIsTheSameObjectUntilSomethingChanges() throws Exception {
    image("gcc.img", "arm64/gcc-8.img", "libs/boost/1.sqfs");
    link("trunk", "gcc");
    link("arm64/newest", "gcc-8");
    assertNews();
    assertNothingNew();
    assertNothingNew();

    image("clang.img");
    assertNews();
    Files.move(images.resolve("clang.img"), images.resolve("clang-2.img"));
    assertNews();
    image("arm64/gcc-9.img");
    assertNews();
    Files.delete(images.resolve("libs/boost/1.sqfs"));
    assertNews();
    link("arm64/oldest", "gcc-8");
    assertNews();
    assertNothingNew();
    assertEquals(3, newest.links().size());
  }

  @Test
  void linkThatLeadsElsewhereIsNewsAlsoIfItsInodeIsTheSame() throws Exception {
    image("one.img", "two.img");
    link("trunk", "one");
    assertNews();
    // File systems give the number that was freed last.
    for (String target : List.of("two", "one", "two")) {
      Files.delete(root.resolve("trunk"));
      link("trunk", target);
      assertNews();
      assertEquals(target, newest.links().get("trunk"));
    }
  }

  @Test
  void anotherFileOfTheSameNameIsNoNewCatalog() throws Exception {
    image("gcc.img");
    assertNews();
    Files.move(images.resolve("gcc.img"), images.resolve("old"));
    image("gcc.img");
    Files.delete(images.resolve("old"));
    assertNothingNew();
  }

  @Test
  void anotherDirectoryOrRootIsNews() throws Exception {
    image("arm64/gcc.img", "gcc.img");
    link("trunk", "gcc");
    assertNews();
    Files.move(root, temp.resolve("old-root"));
    Files.createDirectory(root);
    assertNews();
    Files.move(images, temp.resolve("old-images"));
    Files.createDirectory(images);
    image("clang.img");
    assertNews();
    assertNothingNew();
  }

  @Test
  void rootThatIsReachedByAnotherWayIsLookedAtAnew() throws Exception {
    image("gcc.img");
    Path real = Files.createDirectory(temp.resolve("real"));
    Path other = Files.createDirectory(temp.resolve("other"));
    Path shown = Files.createSymbolicLink(temp.resolve("shown"), real);
    // It spells the root as the kernel has it: no link below the root once that is the other one.
    Files.createSymbolicLink(real.resolve("trunk"), real.resolve("gcc"));
    RepeatedScan scanner = new RepeatedScan(images.toString(), shown.toString(), SUFFIXES);
    Catalog before = scanner.scan(Catalog.empty()).catalog();
    assertEquals(1, before.links().size());
    assertSame(before, scanner.scan(before).catalog());

    Files.move(real.resolve("trunk"), other.resolve("trunk"));
    Files.delete(shown);
    Files.createSymbolicLink(shown, other);
    assertEquals(0, scanner.scan(before).catalog().links().size());
  }

  @Test
  void problemIsToldAgainAndAgain() throws Exception {
    image("gcc.img", "bad\n.img");
    assertNews();
    for (int i = 0; i < 3; i++) {
      assertEquals(1, again().refused());
      assertEquals(1, again().problems().size());
    }
    Files.delete(images.resolve("bad\n.img"));
    assertEquals(List.of(), again().problems());
    assertNothingNew();
  }

  @Test
  void directoryThatCantBeReadAnyMoreFailsAsItDoesAnew() throws Exception {
    image("gcc.img");
    assertNews();
    Files.move(images, temp.resolve("away"));
    assertThrows(SyscallException.class, () -> scanner.scan(newest));
    Files.move(temp.resolve("away"), images);
    assertNothingNew();
    Files.move(root, temp.resolve("root-away"));
    assertEquals(1, again().problems().size());
  }

  @Test
  void previousThatIsNotTheLastOneIsNeverReturned() throws Exception {
    image("gcc.img");
    assertNews();
    Catalog stranger = Catalog.of(List.of(new ImageFile("x", "x.img")), Map.of());
    assertTrue(scanner.scan(stranger).catalog().hasTheSameAs(newest));
  }

  @Test
  void afterAnySeriesOfChangesItFindsWhatAScanAnewFinds() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int same = 0;
    for (int round = 0; round < 200; round++) {
      for (int i = random.nextInt(3); i > 0; i--) {
        change(random);
      }
      Catalog before = newest;
      try {
        same += again().catalog() == before ? 1 : 0;
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
    assertTrue(same > 20, "it was the same " + same + " times, seed " + seed);
  }

  /** Something is made, removed or moved, anywhere in the two trees. */
  private void change(Random random) throws IOException {
    Path tree = random.nextBoolean() ? images : root;
    List<Path> all = all(tree);
    Path in = all.get(random.nextInt(all.size()));
    Path directory = Files.isDirectory(in, LinkOption.NOFOLLOW_LINKS) ? in : in.getParent();
    Path name = directory.resolve("abc".substring(0, 1 + random.nextInt(3)) + suffix(random));
    switch (random.nextInt(4)) {
      case 0 -> {
        if (!in.equals(tree)) {
          remove(in);
        }
      }
      case 1 -> {
        if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectory(name);
        }
      }
      case 2 -> {
        if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
          Files.createSymbolicLink(
              name, Path.of(List.of("a", "b", "../a", ".").get(random.nextInt(4))));
        }
      }
      default -> {
        if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
          Files.createFile(name);
        }
      }
    }
  }

  private static String suffix(Random random) {
    return List.of("", ".img", ".sqfs").get(random.nextInt(3));
  }

  private static List<Path> all(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree, new FileVisitOption[0])) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  private static void remove(Path path) throws IOException {
    List<Path> all = all(path);
    all.sort(Comparator.reverseOrder());
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
