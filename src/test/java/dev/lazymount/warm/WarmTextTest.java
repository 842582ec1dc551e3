package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The file that a person reads. */
class WarmTextTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
  private static final WarmList NONE = new WarmList();

  private static WarmList list() {
    WarmList list = new WarmList();
    list.used("gcc 15 ä", NOON.minus(Duration.ofDays(1)));
    list.used("gcc 15 ä", NOON);
    list.used("arm64/gcc-8.2.0", NOON);
    return list;
  }

  @Test
  void whatIsPrintedIsReadAgain() throws Exception {
    String text = WarmText.print(list(), NOON);
    WarmList read = WarmText.parse(text);
    assertEquals(List.of("gcc 15 ä", "arm64/gcc-8.2.0"), read.ranking(NONE, NOON));
    assertEquals(text, WarmText.print(read, NOON));
  }

  @Test
  void itIsForPeople() {
    List<String> lines = WarmText.print(list(), NOON).lines().toList();
    assertTrue(lines.get(0).startsWith("# "), lines.get(0));
    assertTrue(
        lines.contains("   1.0000  2026-11-23T12:00:00Z  arm64/gcc-8.2.0"), lines.toString());
    assertEquals("# 2 in all", lines.get(lines.size() - 1));
  }

  @Test
  void anEmptyListIsAList() throws Exception {
    assertEquals(0, WarmText.parse(WarmText.print(NONE, NOON)).size());
  }

  @Test
  void cutOffAnywhereItIsDamaged() {
    String text = WarmText.print(list(), NOON).stripTrailing();
    for (int length = 0; length < text.length(); length++) {
      String cut = text.substring(0, length);
      assertThrows(WarmText.Damaged.class, () -> WarmText.parse(cut), () -> "cut to: " + cut);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gcc",
        "1 2026-11-23T12:00:00Z gcc",
        "-1.0 2026-11-23T12:00:00Z gcc",
        "NaN 2026-11-23T12:00:00Z gcc",
        "251.0 2026-11-23T12:00:00Z gcc",
        "1.0 2026-13-23T12:00:00Z gcc",
        "1.0 2026-11-23T12:00:00Z ../etc",
        "1.0 2026-11-23T12:00:00Z /etc",
        "1.0 2026-11-23T12:00:00Z a\u0007b",
        "1.0 2026-11-23T12:00:00Z",
        "",
      })
  void whatNobodyPrintedIsDamaged(String line) {
    String text = "# \n" + line + "\n# 1 in all";
    WarmText.Damaged damaged = assertThrows(WarmText.Damaged.class, () -> WarmText.parse(text));
    assertTrue(damaged.getMessage().startsWith("line 2 "), damaged.getMessage());
  }

  @Test
  void aNameTwiceIsDamaged() {
    String line = "1.0 2026-11-23T12:00:00Z gcc\n";
    assertThrows(WarmText.Damaged.class, () -> WarmText.parse(line + line + "# 1 in all"));
  }

  @Test
  void aSeedIsAListOrNamesOrBoth() throws Exception {
    String seed =
        """
        # popular

         gcc-15.1.0
        clang 21
           4.0000  2026-11-23T12:00:00Z  tcc
        # 9 in all
        """;
    assertEquals(
        List.of("tcc", "gcc-15.1.0", "clang 21"),
        WarmText.parseSeed(seed, NOON).ranking(NONE, NOON));
    assertEquals(2, WarmText.parseSeed(WarmText.print(list(), NOON), NOON).size());
  }

  @ParameterizedTest
  @CsvSource({
    "a//b, line 2 has a name that no",
    "../x, line 2 has a name that no",
    "gcc, line 2 has a name that was"
  })
  void aSeedWithANameThatNoCompilerCanHaveIsNone(String name, String why) {
    WarmText.Damaged damaged =
        assertThrows(WarmText.Damaged.class, () -> WarmText.parseSeed("gcc\n" + name, NOON));
    assertTrue(damaged.getMessage().startsWith(why), damaged.getMessage());
  }

  @Test
  void aSeedIsBounded() {
    String names =
        IntStream.rangeClosed(0, WarmList.MOST)
            .mapToObj(i -> "gcc-" + i)
            .collect(Collectors.joining("\n"));
    assertThrows(WarmText.Damaged.class, () -> WarmText.parseSeed(names, NOON));
  }
}
