package dev.lazymount.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HumanizeTest {
  @ParameterizedTest
  @CsvSource({
    "PT-5S, 0 s",
    "PT119S, 119 s",
    "PT120S, 2 min",
    "PT7199S, 119 min",
    "PT2H, 2 h",
    "PT47H59M, 47 h",
    "PT48H, 2 d"
  })
  void spanRoundsDownToOneUnit(Duration time, String text) {
    assertEquals(text, Humanize.span(time));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0 s, 0s",
    "PT0.5S, 500 ms, 500ms",
    "PT1.5S, 1500 ms, 1500ms",
    "PT1S, 1 s, 1s",
    "PT90S, 90 s, 90s",
    "PT60S, 1 min, 1m",
    "PT10M, 10 min, 10m",
    "PT90M, 90 min, 90m",
    "PT1H, 1 h, 1h",
    "PT36H, 36 h, 36h",
    "PT24H, 1 d, 1d"
  })
  void exactDurationsKeepEveryMillisecond(Duration time, String text, String setting) {
    assertEquals(text, Humanize.exact(time));
    assertEquals(setting, Humanize.asSetting(time));
  }

  @ParameterizedTest
  @CsvSource({"0, 0.0 ms", "2.84, 2.8 ms", "2.85, 2.9 ms", "12.96, 13.0 ms"})
  void millisHaveOneDecimal(double millis, String text) {
    assertEquals(text, Humanize.millis(millis));
  }

  @Test
  void sinceNamesTheTimeAndTheAge() {
    Instant then = Instant.parse("2026-11-23T07:12:03.456Z");
    assertEquals(
        "2026-11-23T07:12:03Z (12 min ago)", Humanize.since(then, then.plusSeconds(12 * 60 + 5)));
  }
}
