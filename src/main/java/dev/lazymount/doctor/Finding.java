package dev.lazymount.doctor;

import java.util.Locale;

/**
 * The result of one check.
 *
 * @param level how bad it is
 * @param subject what was checked, a word or two
 * @param finding what was found
 * @param fix what to do about it, an imperative; empty if nothing
 */
public record Finding(Level level, String subject, String finding, String fix) {
  /** How bad a finding is. */
  public enum Level {
    /** As required. */
    OK,
    /** The daemon works, with a limitation. */
    WARN,
    /** The daemon does not work. */
    FAIL;

    /** In lower case, as it is printed. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String subject, String finding) {
    return new Finding(Level.OK, subject, finding, "");
  }

  static Finding warn(String subject, String finding, String fix) {
    return new Finding(Level.WARN, subject, finding, fix);
  }

  static Finding fail(String subject, String finding, String fix) {
    return new Finding(Level.FAIL, subject, finding, fix);
  }
}
