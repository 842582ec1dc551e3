package dev.lazymount.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Colours, where there is a terminal that shows them to a person. */
final class Style {
  /** The colours in use, by their SGR numbers (ECMA-48). */
  enum Color {
    /** Good. */
    GREEN(32),
    /** To be looked at. */
    YELLOW(33),
    /** Bad. */
    RED(31);

    private final int code;

    Color(int code) {
      this.code = code;
    }
  }

  private final boolean colours;

  private Style(boolean colours) {
    this.colours = colours;
  }

  /** As standard output can take it; the variable NO_COLOR (no-color.org) takes colours away. */
  static Style ofTerminal() {
    String no = System.getenv("NO_COLOR");
    boolean dumb = "dumb".equals(System.getenv("TERM"));
    return new Style((no == null || no.isEmpty()) && !dumb && isTerminal());
  }

  /** Without colours. */
  static Style plain() {
    return new Style(false);
  }

  /** Whether standard output is a terminal, which System.console() does not tell. */
  static boolean isTerminal() {
    try {
      String out = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return out.startsWith("/dev/pts/")
          || out.startsWith("/dev/tty")
          || out.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }

  String paint(String text, Color color) {
    return colours ? "\u001b[" + color.code + "m" + text + "\u001b[0m" : text;
  }
}
