package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The terminal that standard output, or standard error, may be. */
public final class Terminal {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final long TIOCGWINSZ = 0x5413;

  /** struct winsize: rows, columns, and two that nobody fills in; unsigned short each. */
  private static final int WINSIZE = 8;

  private Terminal() {}

  /**
   * Whether standard output is one. Asked by the name of its file, for which no native library has
   * to be loaded.
   */
  public static boolean isStdout() {
    try {
      String out = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return out.startsWith("/dev/pts/")
          || out.startsWith("/dev/tty")
          || out.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether standard error is one: isatty(3). */
  public static boolean isStderr() {
    return LibC.isatty(STDERR) == 1;
  }

  /** Rows of that of standard output: ioctl(2), TIOCGWINSZ; 24 if it does not tell. */
  public static int rows() {
    return size(0, 24);
  }

  /** Its columns; 80 if it does not tell. */
  public static int columns() {
    return size(2, 80);
  }

  private static int size(int at, int unknown) {
    byte[] size = new byte[WINSIZE];
    boolean told = LibC.ioctl(STDOUT, TIOCGWINSZ, size) == 0;
    int number = Short.toUnsignedInt(Struct.of(size).getShort(at));
    return told && number > 0 ? number : unknown;
  }
}
