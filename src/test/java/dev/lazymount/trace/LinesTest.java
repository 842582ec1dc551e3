package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What bpftrace complains of, line by line. */
final class LinesTest {
  private final LineSplitter splitter = new LineSplitter();
  private final LastLines last = new LastLines();

  @Test
  void bytesBecomeLinesWhereverTheyAreCut() {
    assertEquals(List.of("one", "two"), feed("one\ntwo\nth"));
    assertEquals(List.of(), feed("re"));
    assertEquals(List.of("three"), feed("e\n\n\n"));
  }

  @Test
  void aLineOfTenMegabytesIsCutAndTheNextIsWhole() {
    byte[] chunk = "x".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 100; i++) {
      assertEquals(List.of(), splitter.feed(chunk));
    }
    assertEquals(List.of("x".repeat(512), "next"), feed("y\nnext\n"));
  }

  @Test
  void theLastFourLinesAreKept() {
    assertEquals("", last.text());
    last.add("1");
    assertEquals("1", last.text());
    for (int i = 2; i <= 1000; i++) {
      last.add(Integer.toString(i));
    }
    assertEquals("997 | 998 | 999 | 1000", last.text());
  }

  @ParameterizedTest
  @CsvSource({
    "Lost 12 events, 12",
    "WARNING: Lost 12 events, 12",
    "Lost 1 events since the last time, 1",
    "Lost 999999999999999999 events, 999999999999999999",
    "Lost 0 events, 0",
    "Lost events, 0",
    "Lost -1 events, 0",
    "Lost 12, 0",
    "lost 12 events, 0",
    "ERROR: Lost 12 events, 0",
    "'', 0",
  })
  void reportsOfLossesAreToldFromTheRest(String line, long expected) {
    assertEquals(expected, LostEvents.in(line));
  }

  private List<String> feed(String text) {
    return splitter.feed(text.getBytes(StandardCharsets.UTF_8));
  }
}
