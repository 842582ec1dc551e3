package dev.lazymount.cli;

import dev.lazymount.ops.ControlClient;
import dev.lazymount.ops.StatusReport;
import dev.lazymount.ops.StatusText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Asks for a status and prints it. On its own, because it needs no library ({@link PlainLine}). */
final class StatusPrinter {
  private StatusPrinter() {}

  /** Asks once and prints; its result is the exit code. */
  static int print(Path runDir, boolean json) {
    try {
      StatusReport status = ControlClient.status(runDir);
      System.out.print(
          json
              ? ControlClient.json(status) + System.lineSeparator()
              : String.join(System.lineSeparator(), lines(status)) + System.lineSeparator());
      return Main.OK;
    } catch (IOException e) {
      return Asking.complain(runDir, e);
    }
  }

  /** As a person reads it. */
  static List<String> lines(StatusReport status) {
    return StatusText.lines(status, Style.ofTerminal()::paint, Instant.now());
  }
}
