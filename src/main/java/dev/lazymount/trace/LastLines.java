package dev.lazymount.trace;

import java.util.ArrayDeque;
import java.util.Deque;

/** The last few of many lines, for a message that says why. Not thread-safe. */
final class LastLines {
  private static final int LINES = 4;

  private final Deque<String> lines = new ArrayDeque<>();

  void add(String line) {
    if (lines.size() == LINES) {
      lines.removeFirst();
    }
    lines.addLast(line);
  }

  /** All of them, in one line. */
  String text() {
    return String.join(" | ", lines);
  }
}
