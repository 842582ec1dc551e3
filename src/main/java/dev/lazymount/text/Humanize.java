package dev.lazymount.text;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Formats times and durations for people, the same way in every message. Pure. */
public final class Humanize {
  private static final int SECONDS_UP_TO = 120;

  private Humanize() {}

  /**
   * A measured duration, rounded down to one unit: {@code 95 s}, {@code 12 min}, {@code 5 h},
   * {@code 3 d}. A negative one, as after a clock was set back, is {@code 0 s}.
   */
  public static String span(Duration time) {
    long seconds = Math.max(0, time.toSeconds());
    if (seconds < SECONDS_UP_TO) {
      return seconds + " s";
    }
    if (seconds < Duration.ofHours(2).toSeconds()) {
      return seconds / 60 + " min";
    }
    return seconds < Duration.ofDays(2).toSeconds()
        ? seconds / 3600 + " h"
        : seconds / Duration.ofDays(1).toSeconds() + " d";
  }

  /** How long ago something was: {@code 12 min ago}. */
  public static String ago(Instant then, Instant now) {
    return span(Duration.between(then, now)) + " ago";
  }

  /** When something was: {@code 2026-11-23T07:12:03Z (12 min ago)}. */
  public static String since(Instant then, Instant now) {
    return then.truncatedTo(ChronoUnit.SECONDS) + " (" + ago(then, now) + ")";
  }

  /** Milliseconds: {@code 2.8 ms}. */
  public static String millis(double millis) {
    long tenths = Math.round(millis * 10);
    return tenths / 10 + "." + tenths % 10 + " ms";
  }

  /**
   * A configured duration, unrounded, in the largest unit that divides it: {@code 500 ms}, {@code
   * 90 s}, {@code 10 min}. Whole milliseconds.
   */
  public static String exact(Duration time) {
    return inLargestUnit(time, " ms", " s", " min", " h", " d");
  }

  /** The same as it is written in a configuration file: {@code 500ms}, {@code 90s}, {@code 10m}. */
  public static String asSetting(Duration time) {
    return inLargestUnit(time, "ms", "s", "m", "h", "d");
  }

  private static String inLargestUnit(
      Duration time, String ms, String s, String min, String h, String d) {
    long millis = time.toMillis();
    long seconds = millis / 1000;
    if (millis % 1000 != 0) {
      return millis + ms;
    }
    if (seconds % 60 != 0 || seconds == 0) {
      return seconds + s;
    }
    if (seconds % 3600 != 0) {
      return seconds / 60 + min;
    }
    return seconds % 86_400 != 0 ? seconds / 3600 + h : seconds / 86_400 + d;
  }
}
