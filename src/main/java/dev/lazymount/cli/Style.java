package dev.lazymount.cli;

import dev.lazymount.linux.Terminal;
import dev.lazymount.ops.StatusText.Tone;

/** Colours, where there is a terminal that shows them to a person. */
final class Style {
  private final boolean colours;

  private Style(boolean colours) {
    this.colours = colours;
  }

  /** As standard output can take it; the variable NO_COLOR (no-color.org) takes colours away. */
  static Style ofTerminal() {
    String no = System.getenv("NO_COLOR");
    boolean dumb = "dumb".equals(System.getenv("TERM"));
    return new Style((no == null || no.isEmpty()) && !dumb && Terminal.isThere());
  }

  /** With an SGR sequence (ECMA-48) around it. */
  String paint(Tone tone, String text) {
    int colour =
        switch (tone) {
          case GOOD -> 32;
          case WARN -> 33;
          case BAD -> 31;
        };
    return colours ? "\u001b[" + colour + "m" + text + "\u001b[0m" : text;
  }
}
