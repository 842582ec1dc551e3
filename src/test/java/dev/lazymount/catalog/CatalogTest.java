package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CatalogTest {
  private static final Catalog NESTED =
      catalog(
          Map.of(
              "clang-trunk", "clang-trunk-20261120",
              "arm64/gcc-trunk", "arm64/gcc-8.2.0",
              "aarch64", "arm64",
              "newest", "clang-trunk",
              "deep/bin", "arm64/gcc-8.2.0/bin",
              "self", ""),
          "gcc-15",
          "clang-trunk-20261120",
          "arm64/gcc-8.2.0",
          "libs",
          "libs/boost/1_84_0");

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          gcc-15/bin/gcc,                 gcc-15
          gcc-15/x,                       gcc-15
          gcc-15,                         ''
          gcc-1/x,                        ''
          gcc-15x/x,                      ''
          '',                             ''
          unknown/bin/x,                  ''
          arm64/gcc-8.2.0/bin,            arm64/gcc-8.2.0
          arm64/gcc-8.2.0,                ''
          arm64/other/bin,                ''
          arm64,                          ''
          gcc-8.2.0/bin,                  ''
          libs/x,                         libs
          libs/boost,                     libs
          libs/boost/1_84_0,              libs
          libs/boost/1_84_0/include/x,    libs libs/boost/1_84_0
          clang-trunk/bin/clang,          clang-trunk-20261120
          clang-trunk,                    ''
          newest/bin/clang,               clang-trunk-20261120
          arm64/gcc-trunk/bin,            arm64/gcc-8.2.0
          aarch64/gcc-8.2.0/bin,          arm64/gcc-8.2.0
          aarch64/gcc-trunk/bin,          arm64/gcc-8.2.0
          aarch64/gcc-trunk,              ''
          deep/bin,                       arm64/gcc-8.2.0
          deep/bin/gcc,                   arm64/gcc-8.2.0
          self/gcc-15/x,                  gcc-15
          self/self/self/newest/x,        clang-trunk-20261120
          """)
  void matches(String path, String expected) {
    assertEquals(expected, match(NESTED, path));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          '',                    ROOT
          self,                  ROOT
          gcc-15/bin,            INSIDE
          gcc-15,                OWN_DIRECTORY
          newest,                OWN_DIRECTORY
          deep/bin,              INSIDE
          arm64,                 DIRECTORY
          self/aarch64,          DIRECTORY
          libs/boost,            INSIDE
          arm64/none,            NO_IMAGE
          none/bin,              NO_IMAGE
          """)
  void everyPathHasAKind(String path, Resolution.Kind kind) {
    assertEquals(kind, resolve(NESTED, path).kind());
  }

  @Test
  void namesThatLeadOutAreThoseOfImagesBehindASymlinkOutOfTheRoot() {
    Catalog catalog =
        Catalog.of(
            List.of(
                new ImageFile("gcc", "gcc.img"),
                new ImageFile("clang", "clang.img"),
                new ImageFile("way/tcc", "way/tcc.img")),
            Map.of(),
            Map.of("gcc", "/cefs/gcc", "way", "/cefs/way", "other", "/cefs/other"));
    assertEquals(List.of("gcc", "way/tcc"), catalog.namesLeadingOut());
  }

  @Test
  void symlinksAreReportedInTheOrderTheyWereFollowed() {
    Resolution found = resolve(NESTED, "self/newest/bin");
    assertEquals(
        List.of(
            new Resolution.Hop("self", ""),
            new Resolution.Hop("newest", "clang-trunk"),
            new Resolution.Hop("clang-trunk", "clang-trunk-20261120")),
        found.hops());
    assertEquals(List.of("clang-trunk-20261120", "bin"), found.path());
  }

  @Test
  void aSymlinkThatLeadsOutHidesImagesOfItsName() {
    Catalog catalog =
        Catalog.of(
            List.of(image("gcc"), image("gcc/nested"), image("clang")),
            Map.of("alias", "gcc/nested"),
            Map.of("gcc", "/srv/gcc"));
    for (String path : List.of("gcc", "gcc/x", "gcc/nested/x", "alias/x")) {
      Resolution found = resolve(catalog, path);
      assertEquals(Resolution.Kind.LEADS_OUT, found.kind(), path);
      assertEquals(List.of(), found.images());
      assertEquals("/srv/gcc", found.hops().get(found.hops().size() - 1).target());
    }
    assertEquals("clang", match(catalog, "clang/x"));
    assertEquals(List.of(), catalog.matchInside("gcc"));
    assertEquals(Optional.empty(), catalog.behind("gcc"));
  }

  @Test
  void catalogsAreEqualIfImagesAndSymlinksAre() {
    Catalog one = Catalog.of(List.of(image("gcc")), Map.of("a", "gcc"), Map.of("b", "/b"));
    assertEquals(one, Catalog.of(List.of(image("gcc")), Map.of("a", "gcc"), Map.of("b", "/b")));
    assertEquals(
        one.hashCode(),
        Catalog.of(List.of(image("gcc")), Map.of("a", "gcc"), Map.of("b", "/b")).hashCode());
    assertNotEquals(one, Catalog.of(List.of(), Map.of("a", "gcc"), Map.of("b", "/b")));
    assertNotEquals(one, Catalog.of(List.of(image("gcc")), Map.of(), Map.of("b", "/b")));
    assertNotEquals(one, Catalog.of(List.of(image("gcc")), Map.of("a", "gcc"), Map.of("b", "/c")));
  }

  @Test
  void aLinkHidesAnImageOfItsOwnName() {
    // What is in the root's place is the link, and nothing is ever mounted over a link.
    Catalog catalog = catalog(Map.of("gcc", "gcc-15"), "gcc", "gcc/nested", "gcc-15");
    assertEquals("gcc-15", match(catalog, "gcc/nested/x"));
    assertEquals(List.of("gcc", "gcc-15", "gcc/nested"), List.copyOf(catalog.names()));
  }

  @Test
  void onlyTheResolvedPathCounts() {
    Catalog catalog = catalog(Map.of("gcc/lib", "shared/lib"), "gcc", "shared");
    assertEquals("shared", match(catalog, "gcc/lib/x"));
    assertEquals("gcc", match(catalog, "gcc/bin/x"));
  }

  @ParameterizedTest
  @CsvSource({"a,a", "a,a/a", "a,a/b", "a,b/a"})
  void loopsMatchNothing(String link, String target) {
    Catalog catalog = catalog(Map.of(link, target, "b", "a"), "gcc", "a/b/c");
    assertEquals("", match(catalog, "a/b/c/d"));
    assertEquals("", match(catalog, "b/x"));
    assertEquals("gcc", match(catalog, "gcc/x"));
  }

  @Test
  void asManyLinksAsTheKernelFollows() {
    Map<String, String> links = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      links.put("l" + i, i == 0 ? "gcc" : "l" + (i - 1));
    }
    Catalog catalog = catalog(links, "gcc");
    assertEquals("gcc", match(catalog, "l39/x"));
    assertEquals("", match(catalog, "l40/x"));
  }

  @Test
  void linksAreNormalisedOrDropped() {
    Map<String, String> links = new HashMap<>();
    links.put("a/./b", "x/../gcc//15/");
    links.put("out", "../gcc");
    links.put("further-out", "gcc/../../ce/gcc");
    links.put("absolute", "/gcc");
    links.put("..", "gcc");
    links.put("", "gcc");
    links.put("/abs", "gcc");
    links.put("root", "gcc/..");
    Catalog catalog = catalog(links, "gcc/15");
    assertEquals(Map.of("a/b", "gcc/15", "root", ""), catalog.links());
    assertEquals("gcc/15", match(catalog, "a/b/x"));
    assertEquals("gcc/15", match(catalog, "root/gcc/15/x"));
    assertEquals("", match(catalog, "out/15/x"));
  }

  @Test
  void namesAndSizes() {
    assertEquals(5, NESTED.size());
    assertEquals(3, NESTED.maxDepth());
    assertEquals(
        List.of("arm64/gcc-8.2.0", "clang-trunk-20261120", "gcc-15", "libs", "libs/boost/1_84_0"),
        List.copyOf(NESTED.names()));
    assertEquals(Optional.of(image("gcc-15")), NESTED.get("gcc-15"));
    assertEquals(Optional.empty(), NESTED.get("gcc"));
    assertEquals(Optional.empty(), NESTED.get("clang-trunk"));
    assertEquals("Catalog[5 images, 6 links, 0 out of the root]", NESTED.toString());
    assertThrows(UnsupportedOperationException.class, () -> NESTED.names().clear());
    assertThrows(UnsupportedOperationException.class, () -> NESTED.links().clear());
    assertThrows(UnsupportedOperationException.class, () -> NESTED.descendants("libs").clear());
  }

  @Test
  void anEmptyOne() {
    assertEquals(0, Catalog.empty().size());
    assertEquals(0, Catalog.empty().maxDepth());
    assertEquals(1, Catalog.empty().componentsNeeded());
    assertEquals(List.of(), used(Catalog.empty(), List.of("gcc", "x")));
  }

  @Test
  void theFirstOfTwoWithOneNameCounts() {
    ImageFile first = new ImageFile("gcc", "gcc.img");
    Catalog catalog = Catalog.of(List.of(first, new ImageFile("gcc", "gcc.sqfs")), Map.of());
    assertEquals(Optional.of(first), catalog.get("gcc"));
    assertEquals(List.of(first), used(catalog, List.of("gcc", "x")));
  }

  @Test
  void descendants() {
    Catalog catalog =
        catalog(Map.of(), "a", "a/b", "a/b/c", "a-b", "a.b", "a0", "a/0", "b/a/b", "aa/b");
    assertEquals(List.of("a/0", "a/b", "a/b/c"), names(catalog.descendants("a")));
    assertEquals(List.of("a/b/c"), names(catalog.descendants("a/b")));
    assertEquals(List.of("b/a/b"), names(catalog.descendants("b")));
    assertEquals(List.of(), names(catalog.descendants("a/b/c")));
    assertEquals(List.of(), names(catalog.descendants("none")));
  }

  @Test
  void theComponentsThatAreNeeded() {
    assertEquals(2, catalog(Map.of(), "a").componentsNeeded());
    assertEquals(4, catalog(Map.of("l", "a"), "a/b/c").componentsNeeded());
    assertEquals(4, catalog(Map.of("l/m/n", "a/b/c"), "a").componentsNeeded());
    assertEquals(Integer.MAX_VALUE, catalog(Map.of("l/m", "a"), "a/b/c").componentsNeeded());
  }

  /** Checked against the plain definition, on random catalogs without and with links. */
  @Test
  void agreesWithThePlainDefinition() {
    Random random = new Random(8);
    int matches = 0;
    for (int round = 0; round < 3_000; round++) {
      Map<String, String> links = new HashMap<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        links.put(path(random, 2), path(random, 3));
      }
      List<String> names = Stream.generate(() -> path(random, 4)).limit(6).distinct().toList();
      Catalog catalog = catalog(links, names.toArray(String[]::new));
      for (int i = 0; i < 50; i++) {
        List<String> path = List.of(path(random, 6).split("/"));
        List<String> expected = reference(names, catalog.links(), path);
        assertEquals(expected, names(used(catalog, path)), () -> catalog.links() + " " + path);
        int needed = Math.min(path.size(), catalog.componentsNeeded());
        assertEquals(expected, names(used(catalog, path.subList(0, needed))), "with those needed");
        matches += expected.size();
      }
    }
    assertTrue(matches > 10_000, "too few matches to say anything: " + matches);
  }

  private static String path(Random random, int most) {
    return String.join(
        "/",
        Stream.generate(() -> "abc".charAt(random.nextInt(3)) + "")
            .limit(1 + random.nextInt(most))
            .toList());
  }

  private static List<String> reference(
      List<String> names, Map<String, String> links, List<String> path) {
    List<String> current = path;
    for (int hops = 0; hops <= 40; hops++) {
      List<String> next = null;
      for (int n = 1; n <= current.size() && next == null; n++) {
        String target = links.get(String.join("/", current.subList(0, n)));
        if (target != null) {
          next = new ArrayList<>(List.of(target.split("/")));
          next.addAll(current.subList(n, current.size()));
        }
      }
      if (next == null) {
        List<String> found = new ArrayList<>();
        for (int n = 1; n < current.size(); n++) {
          String prefix = String.join("/", current.subList(0, n));
          if (names.contains(prefix)) {
            found.add(prefix);
          }
        }
        return found;
      }
      current = next;
    }
    return List.of();
  }

  @Test
  void hostilePathsLeaveNothingBehind() {
    Runtime runtime = Runtime.getRuntime();
    List<String> deep = Collections.nCopies(64, "self");
    assertEquals(List.of(), used(NESTED, deep));
    System.gc();
    long before = runtime.totalMemory() - runtime.freeMemory();
    for (int i = 0; i < 1_000_000; i++) {
      assertTrue(used(NESTED, List.of("hostile" + i, "x")).isEmpty());
    }
    System.gc();
    long after = runtime.totalMemory() - runtime.freeMemory();
    // A million names kept would be some 60 MB.
    assertTrue(after - before < 20_000_000, "grew by " + (after - before));
  }

  static Catalog catalog(Map<String, String> links, String... names) {
    return Catalog.of(Stream.of(names).map(CatalogTest::image).toList(), links);
  }

  private static ImageFile image(String name) {
    return new ImageFile(name, name + ".img");
  }

  private static List<String> names(Collection<ImageFile> images) {
    return images.stream().map(ImageFile::name).toList();
  }

  private static Resolution resolve(Catalog catalog, String path) {
    return catalog.resolve(path.isEmpty() ? List.of() : List.of(path.split("/")));
  }

  private static List<ImageFile> used(Catalog catalog, List<String> path) {
    return catalog.resolve(path).used();
  }

  private static String match(Catalog catalog, String path) {
    return String.join(" ", names(resolve(catalog, path).used()));
  }

  @Test
  void theLongestComponentIsCountedInBytes() {
    assertEquals(0, Catalog.empty().longestComponent());
    assertEquals(5, catalog(Map.of(), "gcc", "arm64/gcc").longestComponent());
    assertEquals(6, catalog(Map.of(), "gcc", "\u00fc\u00fc\u00fc/a").longestComponent());
  }

  @Test
  void theImageBehindANameIsItsOwnOrThatOfASymlink() {
    Catalog catalog =
        Catalog.of(
            List.of(new ImageFile("clang-2026", "clang-2026.img")),
            Map.of("trunk", "dev", "dev", "clang-2026", "loop", "loop2", "loop2", "loop"));
    assertEquals("clang-2026", catalog.behind("clang-2026").orElseThrow().name());
    assertEquals("clang-2026", catalog.behind("trunk").orElseThrow().name());
    assertEquals(Optional.empty(), catalog.behind("loop"));
    assertEquals(Optional.empty(), catalog.behind("trunk/bin"));
    assertEquals(Optional.empty(), catalog.behind(""));
  }
}
