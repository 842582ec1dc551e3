package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Function;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** On real directories, since what matters is what the kernel says of them. */
final class CatalogScanTest extends ScanFixture {
  private static final int NOBODY = 65534;

  @Test
  void nothingThere() throws SyscallException {
    CatalogScan.Scan scan = scan();
    assertEquals(0, scan.catalog().size());
    assertEquals(List.of(), scan.problems());
    assertEquals(0, scan.refused());
  }

  @Test
  void namesNest() throws IOException {
    image("gcc-15.img", "arm64/gcc-8.2.0.img", "libs.sqfs", "libs/boost/1_84_0.img", "README.txt");
    image("not-an-image/README", "x.img.tmp", "ximg", "upper.IMG");
    Catalog catalog = scan().catalog();
    assertEquals(
        List.of("arm64/gcc-8.2.0", "gcc-15", "libs", "libs/boost/1_84_0"),
        List.copyOf(catalog.names()));
    assertEquals("libs.sqfs", catalog.get("libs").orElseThrow().file());
    assertEquals("arm64/gcc-8.2.0.img", catalog.get("arm64/gcc-8.2.0").orElseThrow().file());
    assertEquals(List.of(), scan().problems());
  }

  @Test
  void emptyRootIsAProblem() throws IOException {
    Files.delete(root.resolve("lost+found"));
    assertEquals(List.of(), scan().problems(), "without images nothing can be missing in it");
    image("gcc.img");
    assertEquals(
        List.of(root + ": the directory is empty; its file system may not be mounted"),
        scan().problems());
  }

  @Test
  void theFirstSuffixWins() throws IOException {
    image("gcc.sqfs", "gcc.img", "clang.sqfs", "a/gcc.img", "a/gcc.sqfs");
    assertEquals("gcc.img", scan().catalog().get("gcc").orElseThrow().file());
    assertEquals("clang.sqfs", scan().catalog().get("clang").orElseThrow().file());
    CatalogScan.Scan reversed =
        CatalogScan.scan(
            images.toString(), root.toString(), List.of(".sqfs", ".img"), Catalog.empty());
    assertEquals("gcc.sqfs", reversed.catalog().get("gcc").orElseThrow().file());
    assertEquals("a/gcc.sqfs", reversed.catalog().get("a/gcc").orElseThrow().file());
  }

  @Test
  void aFileThatEndsWithTwoSuffixesHasTheFirstOne() throws IOException {
    image("gcc.v1.img");
    List<String> suffixes = List.of(".v1.img", ".img");
    assertEquals(
        Optional.of(new ImageFile("gcc", "gcc.v1.img")),
        CatalogScan.scan(images.toString(), root.toString(), suffixes, Catalog.empty())
            .catalog()
            .get("gcc"));
  }

  @Test
  void entriesOfAnyTypeAreImagesAndNoLinkIsFollowed() throws Exception {
    image("elsewhere/hidden.img");
    Files.createDirectories(images.resolve("folder.img/inside.img"));
    Files.createSymbolicLink(images.resolve("link.img"), Path.of("no-such-file"));
    Files.createSymbolicLink(images.resolve("linked"), Path.of("elsewhere"));
    Files.createSymbolicLink(images.resolve("elsewhere/up"), Path.of(".."));
    int exit =
        new ProcessBuilder("mkfifo", images.resolve("fifo.img").toString()).start().waitFor();
    assertEquals(0, exit);
    assertEquals(
        List.of("elsewhere/hidden", "fifo", "folder", "link"),
        List.copyOf(scan().catalog().names()));
    assertEquals(List.of(), scan().problems());
  }

  @Test
  void theImageDirectoryItselfMayBeALink() throws IOException {
    image("gcc.img");
    Path link = Files.createSymbolicLink(temp.resolve("link"), images);
    Catalog catalog =
        CatalogScan.scan(link.toString(), root.toString(), SUFFIXES, Catalog.empty()).catalog();
    assertEquals(List.of("gcc"), List.copyOf(catalog.names()));
  }

  @Test
  void dangerousNamesAreRefusedAndReported() throws IOException {
    image(".img", "a/.img", "..img", "...img", "new\nline.img", "esc\u001b[2J.img", "good.img");
    image("bad\tfolder/gcc.img", "x".repeat(150) + "/" + "y".repeat(51) + ".img");
    CatalogScan.Scan scan = scan();
    assertEquals(List.of("good"), List.copyOf(scan.catalog().names()));
    assertEquals(8, scan.refused());
    assertEquals(8, scan.problems().size());
    assertTrue(
        scan.problems().contains("new?line.img: a control character in the name"),
        scan.problems()::toString);
    assertTrue(
        scan.problems().stream().flatMapToInt(String::chars).noneMatch(Character::isISOControl));
  }

  @Test
  void tooDeep() throws IOException {
    image("1/2/3/4/5/6/7/8.img", "1/2/3/4/5/6/7/8/9.img");
    CatalogScan.Scan scan = scan();
    assertEquals(List.of("1/2/3/4/5/6/7/8"), List.copyOf(scan.catalog().names()));
    assertEquals(8, scan.catalog().maxDepth());
    assertEquals(List.of("1/2/3/4/5/6/7/8/: not read: too deep"), scan.problems());
    assertEquals(1, scan.refused());
  }

  @Test
  void limitsAreReportedWithACount() throws IOException {
    for (int i = 0; i < 9; i++) {
      image("gcc-" + i + ".img");
      Files.createSymbolicLink(root.resolve("l" + i), Path.of("gcc"));
    }
    CatalogScan.Scan scan =
        CatalogScan.scan(
            images.toString(), root.toString(), SUFFIXES, Catalog.empty(), limits(8, 2, 3, 9, 4));
    assertEquals(List.of("gcc-0", "gcc-1"), List.copyOf(scan.catalog().names()));
    assertEquals(3, scan.catalog().links().size());
    assertEquals(7 + 6, scan.refused());
    assertEquals(5, scan.problems().size());
    assertEquals("gcc-2.img: left out, there are more than 2 images", scan.problems().get(0));
    assertEquals("and 9 more", scan.problems().get(4));
  }

  @Test
  void aDirectoryWithTooManyEntriesIsReadInPart() throws IOException {
    image("folder/x.img");
    for (int i = 0; i < 9; i++) {
      image("folder/gcc-" + i + ".img");
      Files.createSymbolicLink(root.resolve("l" + i), Path.of("folder/gcc-1"));
    }
    CatalogScan.Scan scan =
        CatalogScan.scan(
            images.toString(),
            root.toString(),
            SUFFIXES,
            Catalog.empty(),
            new ScanLimits(8, 99, 99, 9, 5, 4));
    // One of the five is the folder itself.
    assertEquals(4, scan.catalog().size());
    assertEquals(5, scan.catalog().links().size());
    assertEquals(
        List.of(
            "folder/: read in part only, it has too many entries: more than 4",
            root + "/: read in part only, it has too many entries: more than 5"),
        scan.problems());
  }

  @Test
  void tooManyDirectories() throws IOException {
    image("a/x.img", "b/x.img", "c/x.img");
    CatalogScan.Scan scan =
        CatalogScan.scan(
            images.toString(), root.toString(), SUFFIXES, Catalog.empty(), limits(8, 9, 9, 3, 4));
    assertEquals(List.of("a/x", "b/x"), List.copyOf(scan.catalog().names()));
    assertEquals(List.of("c/: not read: there are more than 3 directories"), scan.problems());
  }

  @Test
  void noImageDirectory() throws IOException {
    Files.delete(images);
    SyscallException e = assertThrows(SyscallException.class, this::scan);
    assertEquals(Errno.ENOENT, e.errno());
    Files.createFile(images);
    assertEquals(Errno.ENOTDIR, assertThrows(SyscallException.class, this::scan).errno());
  }

  @Test
  void anImageDirectoryThatIsSuddenlyEmptyIsReported() throws IOException {
    Catalog previous = CatalogTest.catalog(Map.of(), "gcc", "clang");
    CatalogScan.Scan scan = scan(previous);
    assertEquals(0, scan.catalog().size());
    assertEquals(List.of(images + ": no images found, there were 2 before"), scan.problems());
  }

  @Test
  void theCatalogIsTheSameObjectUntilSomethingChanges() throws Exception {
    image("gcc.img", "arm64/gcc-8.img");
    link("trunk", "gcc");
    Catalog first = scan().catalog();
    assertSame(first, scan(first).catalog());

    link("arm64/newest", "gcc-8");
    Catalog second = scan(first).catalog();
    assertNotSame(first, second);
    link("out", "/srv");
    Catalog third = scan(second).catalog();
    assertNotSame(second, third);
    image("clang.img");
    Catalog fourth = scan(third).catalog();
    assertNotSame(third, fourth);
    Files.move(images.resolve("clang.img"), images.resolve("old"));
    image("clang.img");
    assertSame(fourth, scan(fourth).catalog(), "another file of the same name");
  }

  @Test
  void suffixesAreNeeded() {
    for (List<String> suffixes : List.of(List.<String>of(), List.of(".img", ""))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> CatalogScan.scan(images.toString(), root.toString(), suffixes, Catalog.empty()));
    }
  }

  @Test
  void partsThatCannotBeReadKeepWhatIsKnownOfThem() throws Exception {
    image("gcc.img", "arm64/secret/gcc-1.img", "arm64/gcc-2.img");
    link("arm64/trunk", "gcc-2");
    link("arm64/secret/trunk", "gcc-1");
    Catalog previous = scan().catalog();
    image("arm64/gcc-3.img", "arm64/secret/unseen.img");
    Path imagesFolder = lock(images.resolve("arm64/secret"));
    Path rootFolder = lock(root.resolve("arm64/secret"));
    try {
      Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
      CatalogScan.Scan scan = asNobody(() -> scan(previous));
      assertEquals(
          List.of("arm64/gcc-2", "arm64/gcc-3", "arm64/secret/gcc-1", "gcc"),
          List.copyOf(scan.catalog().names()));
      assertEquals(previous.links(), scan.catalog().links());
      assertEquals(2, scan.problems().size(), scan.problems()::toString);
      assertTrue(
          scan.problems().get(0).endsWith("(Permission denied); keeping the images known in it: 1"),
          scan.problems()::toString);
    } finally {
      unlock(imagesFolder);
      unlock(rootFolder);
    }
  }

  @Test
  void namesOutsideAscii() throws Exception {
    // By the shell, since java.nio can neither make nor delete these files where the locale is C.
    assertEquals(
        0, shell("cd \"$1\" && touch 'ü.img' && printf x > \"$(printf 'latin\\374.img')\""));
    try {
      assertEquals(List.of("ü"), List.copyOf(scan().catalog().names()));
    } finally {
      shell("rm -r \"$1\"");
    }
  }

  @Test
  void aDirectoryThatComesAndGoesIsNoError() throws Exception {
    image("steady.img");
    Thread churn =
        new Thread(
            () -> {
              Path folder = images.resolve("churn");
              try {
                while (!Thread.interrupted()) {
                  Files.createDirectories(folder.resolve("deeper"));
                  Files.delete(folder.resolve("deeper"));
                  Files.delete(folder);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    churn.start();
    try {
      for (int i = 0; i < 2_000; i++) {
        CatalogScan.Scan scan = scan();
        assertEquals(List.of(), scan.problems());
        assertEquals(1, scan.catalog().size());
      }
    } finally {
      churn.interrupt();
      churn.join();
    }
  }

  /** Root may read everything; setfsuid(2) takes that from the calling thread alone. */
  private <T> T asNobody(Callable<T> work) throws Exception {
    // Nor could that thread load classes from a place that only root may read: they are loaded now.
    Path nowhere = temp.resolve("nowhere");
    assertThrows(SyscallException.class, () -> scan(nowhere, root));
    scan(images, nowhere);
    Function setfsuid = Function.getFunction("c", "setfsuid");
    setfsuid.invokeInt(new Object[] {NOBODY});
    try {
      return work.call();
    } finally {
      setfsuid.invokeInt(new Object[] {0});
    }
  }

  private static CatalogScan.Scan scan(Path images, Path root) throws SyscallException {
    return CatalogScan.scan(images.toString(), root.toString(), SUFFIXES, Catalog.empty());
  }
}
