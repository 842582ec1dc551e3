package dev.lazymount.text;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** How times and counts are said to people, the same in every answer. Pure. */
public final class Humanize {
  private static final int PLAIN_SECONDS = 120;

  private Humanize() {}

  /** A duration in one unit: {@code 95 s}, {@code 12 min}, {@code 5 h}, {@code 3 d}. */
  public static String span(Duration time) {
    long seconds = Math.max(0, time.toSeconds());
    if (seconds < PLAIN_SECONDS) {
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
}
