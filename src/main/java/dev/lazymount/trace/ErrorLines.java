package dev.lazymount.trace;

import dev.lazymount.trace.program.BpftraceVersion;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalInt;

/**
 * The lines of bpftrace's standard error that can be the reason why it ended: its errors, or if
 * there are none the last lines. Bounded. Not thread-safe.
 */
final class ErrorLines {
  private static final int LINES = 4;

  private final Deque<String> errors = new ArrayDeque<>();
  private final Deque<String> others = new ArrayDeque<>();

  void add(String line) {
    if (BpftraceVersion.isError(line)) {
      add(errors, line);
    } else if (!BpftraceVersion.isHarmless(line)) {
      add(others, line);
    }
  }

  private static void add(Deque<String> lines, String line) {
    if (lines.size() == LINES) {
      lines.removeFirst();
    }
    lines.addLast(line);
  }

  /**
   * How bpftrace ended, and the reason it gave: a signal is a reason of its own, and what was
   * printed before it has nothing to do with it.
   *
   * @param status its exit status
   */
  String describe(int status) {
    OptionalInt signal = BpftraceVersion.signal(status);
    if (signal.isPresent()) {
      return "bpftrace was killed by signal " + signal.getAsInt();
    }
    String reason = reason();
    return "bpftrace ended with status " + status + (reason.isEmpty() ? "" : ": " + reason);
  }

  /** The lines in one; empty if there are none. */
  String reason() {
    return String.join(" | ", errors.isEmpty() ? others : errors);
  }
}
