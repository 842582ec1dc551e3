package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether standard output and standard error are terminals, and how large they are. */
public final class Terminal {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final long TIOCGWINSZ = 0x5413;

  /** The size of struct winsize: rows, columns and two unused fields, unsigned short each. */
  private static final int WINSIZE = 8;

  private Terminal() {}

  /**
   * Whether standard output is a terminal, by the name of its file. Unlike isatty(3) that needs no
   * native library, which takes time to load.
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

  /** Whether standard error is a terminal, by isatty(3). */
  public static boolean isStderr() {
    return LibC.isatty(STDERR) == 1;
  }

  /** The number of rows of standard output, by ioctl(2) TIOCGWINSZ; 24 if it is unknown. */
  public static int rows() {
    return size(0, 24);
  }

  /** The number of columns of standard output; 80 if it is unknown. */
  public static int columns() {
    return size(2, 80);
  }

  private static int size(int at, int unknown) {
    byte[] size = new byte[WINSIZE];
    boolean known = LibC.ioctl(STDOUT, TIOCGWINSZ, size) == 0;
    int number = Short.toUnsignedInt(Struct.of(size).getShort(at));
    return known && number > 0 ? number : unknown;
  }
}
