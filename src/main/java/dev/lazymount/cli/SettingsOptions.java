package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options with which every command reads its settings. */
final class SettingsOptions extends CommonHelp {
  private static final Path DEFAULT_FILE = Path.of("/etc/lazymount/application.conf");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Read settings from FILE (default: /etc/lazymount/application.conf, if it exists).")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set one setting, before the file; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  /** The configuration file; empty if there is none. */
  Optional<Path> file() {
    if (file != null) {
      return Optional.of(file);
    }
    return Files.exists(DEFAULT_FILE) ? Optional.of(DEFAULT_FILE) : Optional.empty();
  }

  /**
   * Reads and checks the settings.
   *
   * @throws dev.lazymount.config.InvalidSettingsException with all their problems
   */
  Settings load() {
    return SettingsLoader.load(file(), overrides);
  }

  /** The {@code --set} options, in the order given. */
  List<String> overrides() {
    return overrides;
  }

  /**
   * The run directory, where a running daemon is reached.
   *
   * @throws dev.lazymount.config.InvalidSettingsException if the settings do not give it
   * @see SettingsLoader#runDir
   */
  Path runDir() {
    return SettingsLoader.runDir(file(), overrides);
  }
}
