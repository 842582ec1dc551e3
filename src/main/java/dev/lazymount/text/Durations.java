package dev.lazymount.text;

import java.time.Duration;

/** Durations for people. */
public final class Durations {
  private Durations() {}

  /** Whole seconds as {@code 30 s}, anything else as {@code 500 ms}. */
  public static String text(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
  }
}
