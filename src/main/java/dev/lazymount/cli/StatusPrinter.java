package dev.lazymount.cli;

import dev.lazymount.ops.ControlClient;
import dev.lazymount.ops.StatusReport;
import dev.lazymount.ops.StatusText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Asks for a status and prints it. On its own, because the status has to come at once: a command
 * line that is as plain as most are is understood here, without the library for command lines,
 * which takes longer to load than all the rest.
 */
final class StatusPrinter {
  private StatusPrinter() {}

  /**
   * Answers {@code status} with no options but {@code --json}, {@code --config FILE} and {@code
   * --set KEY=VALUE}.
   *
   * @return the exit code; empty if it is anything else
   */
  static OptionalInt runIfPlain(String... args) {
    if (args.length == 0 || !args[0].equals("status")) {
      return OptionalInt.empty();
    }
    boolean json = false;
    Optional<Path> file = Optional.empty();
    List<String> overrides = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      boolean followed = i + 1 < args.length && !args[i + 1].startsWith("-");
      if (args[i].equals("--json")) {
        json = true;
      } else if (args[i].equals("--config") && followed && file.isEmpty()) {
        file = Optional.of(Path.of(args[++i]));
      } else if (args[i].equals("--set") && followed) {
        overrides.add(args[++i]);
      } else {
        return OptionalInt.empty();
      }
    }
    return OptionalInt.of(print(SettingsOptions.of(file, overrides).load().runDir(), json));
  }

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
      Main.complain(nobody(runDir, e));
      return Main.NOT_RUNNING;
    }
  }

  /** As a person reads it. */
  static List<String> lines(StatusReport status) {
    return StatusText.lines(status, Style.ofTerminal()::paint, Instant.now());
  }

  /** That no daemon answers. */
  static String nobody(Path runDir, IOException why) {
    return "no daemon answers in " + runDir + ": " + why.getMessage();
  }
}
