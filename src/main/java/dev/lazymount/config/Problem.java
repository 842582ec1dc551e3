package dev.lazymount.config;

import dev.lazymount.text.Printable;

/**
 * One problem of the settings, and how to fix it. Immutable.
 *
 * @param key the full key, such as {@code lazymount.trace.window}, or the command line option, such
 *     as {@code --config}
 * @param value the offending value as it was written; empty where there is none
 * @param origin where the value was set, such as {@code FILE:LINE}; empty where unknown
 * @param reason what is wrong, to be read after the value, such as "is not a duration"
 * @param advice what to do about it
 */
public record Problem(String key, String value, String origin, String reason, String advice) {

  private static final int MAX_VALUE = 120;

  /** Makes every part printable and one line, whatever the value contains. */
  public Problem {
    key = printable(key);
    value = Printable.shortened(printable(value), MAX_VALUE);
    origin = printable(origin);
    reason = printable(reason);
    advice = printable(advice);
  }

  /**
   * Whether the command line has to be corrected: an override, or the path of a configuration file
   * that can't be read or parsed.
   */
  boolean isOnCommandLine() {
    return key.startsWith("--") || origin.equals("--set");
  }

  /** The problem as one line: {@code key = value (origin) reason; advice}. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(key);
    if (!value.isEmpty()) {
      line.append(" = ").append(value);
    }
    if (!origin.isEmpty()) {
      line.append(" (").append(origin).append(')');
    }
    return line.append(' ').append(reason).append("; ").append(advice).toString();
  }

  private static String printable(String text) {
    return Printable.of(text.replaceAll("\\s*\\R\\s*", " ").strip());
  }
}
