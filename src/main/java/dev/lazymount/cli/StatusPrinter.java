package dev.lazymount.cli;

import dev.lazymount.control.ControlClient;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.StatusText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** Asks for the status and prints it. */
final class StatusPrinter {
  private StatusPrinter() {}

  /** Asks once and prints; returns the exit code. */
  static int print(Path runDir, boolean json) {
    try {
      StatusReport status = ControlClient.status(runDir);
      if (json) {
        System.out.println(DaemonClient.JSON.toJson(status));
      } else {
        System.out.println(
            String.join(
                System.lineSeparator(),
                StatusText.lines(status, Style.ofTerminal().painter(), Instant.now())));
      }
      return Main.OK;
    } catch (IOException e) {
      return DaemonClient.complain(runDir, e);
    }
  }
}
