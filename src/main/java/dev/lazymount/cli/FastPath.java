package dev.lazymount.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A command line as plain as most are: {@code status} or {@code run} with no options but {@code
 * --json} (for status), {@code --config FILE} and {@code --set KEY=VALUE}. It is understood here,
 * without the library for command lines: that takes longer to load than all the rest of a status,
 * and would stay in the daemon's memory for good.
 *
 * @param command the command
 * @param json whether JSON is asked for
 * @param options where settings come from
 */
record FastPath(String command, boolean json, SettingsOptions options) {
  private static final String STATUS = "status";
  private static final String RUN = "run";

  /**
   * Runs it.
   *
   * @return the exit code; empty if it is anything else
   */
  static OptionalInt run(String... args) {
    Optional<FastPath> plain = of(args);
    if (plain.isEmpty()) {
      return OptionalInt.empty();
    }
    SettingsOptions options = plain.get().options();
    if (plain.get().command().equals(RUN)) {
      return OptionalInt.of(RunCommand.run(options));
    }
    return OptionalInt.of(StatusPrinter.print(options.runDir(), plain.get().json()));
  }

  /** Understands it; empty if it is anything else. */
  static Optional<FastPath> of(String... args) {
    if (args.length == 0 || !(args[0].equals(STATUS) || args[0].equals(RUN))) {
      return Optional.empty();
    }
    boolean json = false;
    Optional<Path> file = Optional.empty();
    List<String> overrides = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      boolean followed = i + 1 < args.length && !args[i + 1].startsWith("-");
      if (args[i].equals("--json") && args[0].equals(STATUS)) {
        json = true;
      } else if (args[i].equals("--config") && followed && file.isEmpty()) {
        file = Optional.of(Path.of(args[++i]));
      } else if (args[i].equals("--set") && followed) {
        overrides.add(args[++i]);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(new FastPath(args[0], json, SettingsOptions.of(file, overrides)));
  }
}
