package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RootPathTest {
  private static final String ROOT = "/opt/ce";

  @ParameterizedTest
  @CsvSource(
      nullValues = "nothing",
      textBlock =
          """
          /opt/ce,                                 ''
          /opt/ce/,                                ''
          /opt/ce//,                               ''
          /opt/ce/.,                               ''
          /opt/ce/gcc,                             gcc
          /opt/ce/gcc/,                            gcc
          /opt/ce/gcc//,                           gcc
          /opt/ce/gcc/.,                           gcc
          /opt/ce/gcc/bin/gcc,                     gcc/bin/gcc
          /opt/ce//gcc/./bin,                      gcc/bin
          //opt/./ce/gcc/bin,                      gcc/bin
          /opt/ce/gcc/../clang/x,                  clang/x
          /opt/ce/gcc/../../ce/clang/x,            clang/x
          /opt/ce/gcc/../../../opt/ce/clang/x,     clang/x
          /opt/ce/../../../../../opt/ce/clang/x,   clang/x
          /tmp/../opt/ce/gcc/x,                    gcc/x
          /tmp/a/b/../../../opt/ce/gcc/x,          gcc/x
          /opt/x/../ce/gcc/x,                      gcc/x
          /opt/ce/gcc/..,                          ''
          /opt/ce/.hidden/x,                       .hidden/x
          /opt/ce/..x/...,                         ..x/...
          /opt/ce/opt/ce,                          opt/ce
          /opt/ce/é/😀,                            é/😀
          /opt/ce/../../etc/passwd,                nothing
          /opt/ce/..,                              nothing
          /opt/ce/../ceX/a,                        nothing
          /opt/ce/../c/a,                          nothing
          /opt/ceX/a,                              nothing
          /opt/ceX,                                nothing
          /opt/c/e/a,                              nothing
          /opt/c,                                  nothing
          /opt,                                    nothing
          /ce/gcc/x,                               nothing
          /,                                       nothing
          '',                                      nothing
          .,                                       nothing
          opt/ce/gcc/x,                            nothing
          ../opt/ce/gcc/x,                         nothing
          /OPT/CE/gcc,                             nothing
          """)
  void belowTheRoot(String path, String expected) {
    assertEquals(Optional.ofNullable(expected), joined(RootPath.below(ROOT, path)));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "nothing",
      textBlock =
          """
          '',                 ''
          .,                  ''
          gcc,                gcc
          gcc/,               gcc
          gcc/bin/gcc,        gcc/bin/gcc
          ./gcc//bin/.,       gcc/bin
          gcc/../clang/x,     clang/x
          gcc/..,             ''
          ...,                ...
          gcc/../../gcc/x,    nothing
          ..,                 nothing
          ../gcc,             nothing
          /gcc/x,             nothing
          /,                  nothing
          """)
  void relativeToTheRoot(String path, String expected) {
    assertEquals(Optional.ofNullable(expected), joined(RootPath.components(path)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "//", "/.", "/..", "/../.."})
  void topOfTheFileSystemAsTheRoot(String path) {
    assertEquals(Optional.of(List.of()), RootPath.below("/", path));
    assertEquals(Optional.of(List.of("a", "b")), RootPath.below("/", path + "/a/b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"//opt/c/mpiler/x", "//opt/compile/x", "//opt/compilers/x", "//opt/co"})
  void aPartOfARootComponentIsNotTheComponent(String path) {
    assertEquals(Optional.empty(), RootPath.below("/opt/compiler", path));
  }

  @Test
  void keepsTheFirstComponentsAndCountsTheOthers() {
    assertEquals(Optional.of(List.of("a", "b")), RootPath.below(ROOT, "/opt/ce/a/b/c/d", 2));
    assertEquals(Optional.of(List.of("a", "x")), RootPath.below(ROOT, "/opt/ce/a/b/c/../../x", 2));
    assertEquals(Optional.of(List.of("x")), RootPath.below(ROOT, "/opt/ce/a/b/../../x", 1));
    assertEquals(Optional.empty(), RootPath.below(ROOT, "/opt/ce/a/b/c/../../../../x", 1));
    assertEquals(Optional.of(List.of("a")), RootPath.below(ROOT, "/opt/ce/a", Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> RootPath.below(ROOT, "/opt/ce/a", 0));
  }

  @Test
  void deepPathsAreCutAfterNormalising() {
    String deep = "/x".repeat(1000);
    int most = RootPath.MAX_COMPONENTS;
    assertEquals(Collections.nCopies(most, "x"), RootPath.below(ROOT, ROOT + deep).orElseThrow());
    assertEquals(
        Collections.nCopies(most, "x"), RootPath.components(deep.substring(1)).orElseThrow());

    String back = ROOT + "/x".repeat(500) + "/..".repeat(500);
    assertEquals(Optional.of(List.of("y")), RootPath.below(ROOT, back + "/y"));
    assertEquals(Optional.empty(), RootPath.below(ROOT, back + "/../y"));
  }

  @Test
  void longPathsAreRefused() {
    String longest = ROOT + "/" + "x".repeat(RootPath.MAX_CHARS - ROOT.length() - 1);
    assertTrue(RootPath.below(ROOT, longest).isPresent());
    assertEquals(Optional.empty(), RootPath.below(ROOT, longest + "x"));
    assertEquals(Optional.empty(), RootPath.components("x".repeat(RootPath.MAX_CHARS + 1)));
  }

  @Test
  void hostileInputIsQuick() {
    String huge = ROOT + "/x/".repeat(10_000_000 / 3);
    String up = ROOT + "/../".repeat(100_000);
    String longestUp = ROOT + "/..".repeat((RootPath.MAX_CHARS - ROOT.length()) / 3);
    String slashes = "/".repeat(RootPath.MAX_CHARS);
    // A generous bound for a loaded machine: at a millisecond each this would take minutes.
    assertTimeout(
        Duration.ofSeconds(20),
        () -> {
          for (int i = 0; i < 20_000; i++) {
            assertTrue(RootPath.below(ROOT, huge).isEmpty());
            assertTrue(RootPath.below(ROOT, up).isEmpty());
            assertTrue(RootPath.below(ROOT, longestUp).isEmpty());
            assertTrue(RootPath.below(ROOT, slashes).isEmpty());
            assertTrue(RootPath.components(huge).isEmpty());
          }
        });
  }

  @Test
  void resultsAreImmutable() {
    for (String path : List.of("/opt/ce/a/b", "/opt/ce/a/../b/c")) {
      List<String> components = RootPath.below(ROOT, path).orElseThrow();
      assertThrows(UnsupportedOperationException.class, () -> components.set(0, "z"));
    }
  }

  /** The library's own normalisation is the reference, for roots of all depths. */
  @Test
  void agreesWithJavaNioOnRandomSpellings() {
    Random random = new Random(20261120);
    String[] parts = {"opt", "ce", "gcc", "..", "..", ".", "", "ceX", "...", ".a", "é"};
    String[] roots = {"/", "/opt", "/opt/ce", "/opt/ce/gcc", "/opt/opt/opt"};
    int inside = 0;
    for (int i = 0; i < 300_000; i++) {
      String root = roots[random.nextInt(roots.length)];
      StringBuilder spelled = new StringBuilder(random.nextInt(3) > 0 ? root : "");
      for (int n = random.nextInt(12); n > 0; n--) {
        spelled.append('/').append(parts[random.nextInt(parts.length)]);
      }
      spelled.append(random.nextInt(4) == 0 ? "/" : "");
      String path = spelled.toString();

      Optional<List<String>> expected = reference(root, path);
      int keep = 1 + random.nextInt(4);
      assertEquals(expected, RootPath.below(root, path), () -> root + " and " + path);
      assertEquals(
          expected.map(all -> all.subList(0, Math.min(keep, all.size()))),
          RootPath.below(root, path, keep),
          () -> root + " and " + path + " keeping " + keep);
      inside += expected.isPresent() ? 1 : 0;
    }
    assertTrue(inside > 50_000, "too few paths below the root to say anything: " + inside);
  }

  private static Optional<List<String>> reference(String root, String path) {
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    // Without é, which java.nio can't name in every locale.
    Path normal = Path.of(path.replace("é", "e-acute")).normalize();
    Path base = Path.of(root);
    if (!normal.startsWith(base)) {
      return Optional.empty();
    }
    List<String> components = new ArrayList<>();
    for (int i = base.getNameCount(); i < normal.getNameCount(); i++) {
      components.add(normal.getName(i).toString().replace("e-acute", "é"));
    }
    return Optional.of(components);
  }

  private static Optional<String> joined(Optional<List<String>> components) {
    return components.map(c -> String.join("/", c));
  }
}
