package dev.lazymount.linux;

/** Whether a person looks. */
public final class Terminal {
  private static final int STDERR = 2;

  private Terminal() {}

  /** Whether standard error is a terminal: isatty(3). */
  public static boolean isStandardError() {
    return LibC.isatty(STDERR) == 1;
  }
}
