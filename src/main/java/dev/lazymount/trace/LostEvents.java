package dev.lazymount.trace;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * bpftrace's report of lost events: {@code Lost 12 events}, on standard output up to 0.23 and with
 * a {@code WARNING:} before it on standard error from 0.24.
 */
final class LostEvents {
  private static final Pattern LOST =
      Pattern.compile("(?:WARNING: )?Lost (\\d{1,18}) events.*", Pattern.DOTALL);

  private LostEvents() {}

  /** How many, or 0 if the line is no such report. */
  static long in(String line) {
    Matcher m = LOST.matcher(line);
    return m.matches() ? Long.parseLong(m.group(1)) : 0;
  }
}
