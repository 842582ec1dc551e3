package dev.lazymount.cli;

import dev.lazymount.control.ControlClient;
import dev.lazymount.control.StatusRendering;
import java.io.IOException;
import java.nio.file.Path;

/** Prints the status once. */
final class StatusPrinter {
  private StatusPrinter() {}

  /** Asks the daemon and prints its status; returns the exit code. */
  static int print(Path runDir, boolean json) {
    try {
      System.out.print(
          ControlClient.status(
              runDir, json ? StatusRendering.JSON : Style.ofTerminal().rendering()));
      return Main.OK;
    } catch (IOException e) {
      return DaemonClient.complain(runDir, e);
    }
  }
}
