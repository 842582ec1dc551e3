package dev.lazymount.doctor;

import java.util.Locale;

/**
 * What one check has found.
 *
 * @param level how bad it is
 * @param subject what was looked at, a word or two
 * @param finding what there is
 * @param mend what to do about it; empty if nothing
 */
public record Finding(Level level, String subject, String finding, String mend) {
  /** How bad a finding is. */
  public enum Level {
    /** As it should be. */
    OK,
    /** It works, but worse than it could, or not in every case. */
    WARN,
    /** The daemon can't do its work. */
    FAIL;

    /** In lower case, as it is printed. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String subject, String finding) {
    return new Finding(Level.OK, subject, finding, "");
  }

  static Finding warn(String subject, String finding, String mend) {
    return new Finding(Level.WARN, subject, finding, mend);
  }

  static Finding fail(String subject, String finding, String mend) {
    return new Finding(Level.FAIL, subject, finding, mend);
  }
}
