package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a scan finds of the symlinks in the root. */
final class CatalogScanLinksTest extends ScanFixture {
  @Test
  void linksOfTheRootAndOfAncestors() throws IOException {
    image("clang-2026.img", "arm64/gcc-2026.img", "libs/boost/1_84_0.img", "gcc.img");
    link("clang-trunk", "clang-2026");
    link("arm64/gcc-trunk", "gcc-2026");
    link("arm64/up", "../clang-2026/");
    link("libs/boost/latest", "./1_84_0");
    link("arm", "arm64");
    link("absolute", root + "/clang-2026");
    link("around", "../" + root.getFileName() + "/clang-2026");
    link("here", ".");
    link("outside", "/no-such-place/gcc");
    link("above", "../images");
    link("gcc/inside-an-image", "../clang-2026");
    link("other/not-on-the-way", "../clang-2026");
    Files.createDirectories(root.resolve("clang-2026"));

    CatalogScan.Scan scan = scan();
    assertEquals(List.of(), scan.problems());
    assertEquals(
        Map.of(
            "clang-trunk", "clang-2026",
            "arm64/gcc-trunk", "arm64/gcc-2026",
            "arm64/up", "clang-2026",
            "libs/boost/latest", "libs/boost/1_84_0",
            "arm", "arm64",
            "absolute", "clang-2026",
            "around", "clang-2026",
            "here", ""),
        scan.catalog().links());
    assertEquals(
        Map.of("outside", "/no-such-place/gcc", "above", images.toRealPath().toString()),
        scan.catalog().linksOut());
    assertEquals(
        List.of(new ImageFile("arm64/gcc-2026", "arm64/gcc-2026.img")),
        scan.catalog().resolve(List.of("here", "arm", "gcc-trunk", "bin")).used());
  }

  /** Targets are kept and printed, so they are held to the rules of names. */
  @Test
  void targetsThatNoNameCouldBeAreRefused() throws IOException {
    link("long", "t/".repeat(1000) + "t");
    link("escape", "gcc\u001b[2J");
    link("fine", "gcc");
    CatalogScan.Scan scan = scan();
    assertEquals(Map.of("fine", "gcc"), scan.catalog().links());
    assertEquals(
        List.of(
            "escape: the target of the symlink is refused: a control character in the name",
            "long: the target of the symlink is refused: longer than 200 characters"),
        scan.problems());
    assertEquals(2, scan.refused());
  }

  @Test
  void aRootThatIsALinkItself() throws IOException {
    image("gcc-15.img");
    Path spelled = Files.createSymbolicLink(temp.resolve("spelled"), root);
    Path real = root.toRealPath();
    link("by-name", spelled + "/gcc-15");
    link("by-real-path", real + "/gcc-15");
    link("around", "../" + real.getFileName() + "/gcc-15");
    link("around-by-name", "../spelled/gcc-15");
    Catalog catalog =
        CatalogScan.scan(images.toString(), spelled.toString(), SUFFIXES, Catalog.empty())
            .catalog();
    assertEquals(
        Map.of(
            "by-name", "gcc-15",
            "by-real-path", "gcc-15",
            "around", "gcc-15",
            "around-by-name", "gcc-15"),
        catalog.links());
  }

  @Test
  void aRootThatCannotBeReadKeepsItsLinks() throws IOException {
    image("gcc-15.img");
    Files.delete(root.resolve("lost+found"));
    Files.delete(root);
    Catalog previous =
        Catalog.of(
            List.of(new ImageFile("gcc-15", "gcc-15.img")),
            Map.of("gcc", "gcc-15"),
            Map.of("out", "/srv"));
    CatalogScan.Scan scan = scan(previous);
    assertEquals(Map.of("gcc", "gcc-15"), scan.catalog().links());
    assertEquals(Map.of("out", "/srv"), scan.catalog().linksOut());
    assertEquals(List.of("gcc-15"), List.copyOf(scan.catalog().names()));
    assertEquals(1, scan.problems().size());
    assertTrue(scan.problems().get(0).contains("ENOENT"), scan.problems()::toString);
  }

  @Test
  void linksThatAreGoneAreForgotten() throws IOException {
    image("gcc-15.img");
    Catalog previous = CatalogTest.catalog(Map.of("gcc", "gcc-15", "a/b", "c"), "gcc-15", "a/c");
    assertEquals(Map.of(), scan(previous).catalog().links());
  }

  @Test
  void longTargetsOutsideTheRootAreShortenedAndPrintable() throws IOException {
    link("long", "/srv/" + "t/".repeat(1000) + "t");
    link("escape", "/srv/gcc\u001b[2J");
    CatalogScan.Scan scan = scan();
    assertEquals(List.of(), scan.problems());
    assertEquals("/srv/gcc?[2J", scan.catalog().linksOut().get("escape"));
    assertTrue(scan.catalog().linksOut().get("long").length() < 250);
  }
}
