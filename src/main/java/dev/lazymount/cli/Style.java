package dev.lazymount.cli;

import dev.lazymount.linux.Terminal;
import dev.lazymount.status.StatusText;
import dev.lazymount.status.StatusText.Tone;

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
    return new Style((no == null || no.isEmpty()) && !dumb && Terminal.isStdout());
  }

  /** Marks the text of a status. */
  StatusText.Painter painter() {
    return colours ? StatusText.COLOURS : StatusText.PLAIN;
  }

  /** Marked as good or bad, where there are colours. */
  String paint(Tone tone, String text) {
    return colours ? StatusText.COLOURS.paint(tone, text) : text;
  }
}
