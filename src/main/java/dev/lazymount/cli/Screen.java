package dev.lazymount.cli;

import dev.lazymount.linux.Terminal;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A terminal that is drawn over again and again (ECMA-48). Each time goes out in one write and
 * clears only what is behind its lines, so that nothing flickers.
 */
final class Screen implements AutoCloseable {
  private static final String ESC = "\u001b[";
  private static final String OTHER_SCREEN = ESC + "?1049h" + ESC + "?25l";
  private static final String BACK = ESC + "?25h" + ESC + "?1049l";
  private static final String HOME = ESC + "H";
  private static final String CLEAR_LINE = ESC + "K";
  private static final String CLEAR_BELOW = ESC + "J";

  private final PrintStream out = System.out;

  /** What stood on the terminal is kept, and comes back at the end, also after Ctrl-C. */
  Screen() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "screen"));
    write(OTHER_SCREEN);
  }

  /** Draws as many of the lines as fit, each cut to the width. */
  void draw(List<String> lines) {
    int rows = Terminal.rows();
    int columns = Terminal.columns();
    boolean all = lines.size() < rows;
    List<String> shown = all ? lines : lines.subList(0, Math.max(0, rows - 2));
    StringBuilder text = new StringBuilder(HOME);
    for (String line : shown) {
      text.append(cut(line, columns)).append(CLEAR_LINE).append("\r\n");
    }
    if (!all) {
      text.append("(" + (lines.size() - shown.size()) + " more lines)").append(CLEAR_LINE);
    }
    write(text.append(CLEAR_BELOW).toString());
  }

  /** Cuts what is printed; escape sequences take no place, and all of them stay. */
  static String cut(String line, int columns) {
    StringBuilder text = new StringBuilder();
    int place = 0;
    for (int i = 0; i < line.length(); i++) {
      if (line.startsWith(ESC, i)) {
        int end = line.indexOf('m', i);
        text.append(line, i, end + 1);
        i = end;
      } else if (place++ < columns) {
        text.append(line.charAt(i));
      }
    }
    return text.toString();
  }

  private void write(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
    out.flush();
  }

  @Override
  public void close() {
    write(BACK);
  }
}
