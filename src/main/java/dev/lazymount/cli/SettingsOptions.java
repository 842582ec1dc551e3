package dev.lazymount.cli;

import dev.lazymount.config.InvalidSettingsException;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say where settings come from; every command has them. */
final class SettingsOptions {
  private static final Path DEFAULT_FILE = Path.of("/etc/lazymount/application.conf");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Read settings from FILE (default: /etc/lazymount/application.conf, if there).")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set one setting, over the file; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  /** The same, given and not parsed. */
  static SettingsOptions of(Optional<Path> file, List<String> overrides) {
    SettingsOptions options = new SettingsOptions();
    options.file = file.orElse(null);
    options.overrides = List.copyOf(overrides);
    return options;
  }

  /** The file that is read; empty if there is none. */
  Optional<Path> file() {
    if (file != null) {
      return Optional.of(file);
    }
    return Files.exists(DEFAULT_FILE) ? Optional.of(DEFAULT_FILE) : Optional.empty();
  }

  /**
   * The settings.
   *
   * @throws dev.lazymount.config.InvalidSettingsException with all their problems
   */
  Settings load() {
    return SettingsLoader.load(file(), overrides);
  }

  /** The overrides, in the order given. */
  List<String> overrides() {
    return overrides;
  }

  /**
   * Where the daemon is asked.
   *
   * @throws dev.lazymount.config.InvalidSettingsException if that can't be told
   * @see SettingsLoader#runDir
   */
  Path runDir() {
    return SettingsLoader.runDir(file(), overrides);
  }

  /**
   * The same, also while the settings are such that it is not plain: whoever asks wants to know. Of
   * a file of one's own, the daemon of the usual one would be the wrong one to ask.
   */
  Path runDirAnyway() {
    try {
      return runDir();
    } catch (InvalidSettingsException e) {
      boolean usual = file == null || file.equals(DEFAULT_FILE);
      return runDir(file())
          .or(() -> usual ? runDir(Optional.empty()) : Optional.empty())
          .orElseThrow(() -> e);
    }
  }

  private Optional<Path> runDir(Optional<Path> from) {
    try {
      return SettingsLoader.explain(from, overrides).stream()
          .filter(value -> value.key().equals("lazymount.run-dir"))
          .map(value -> Path.of(value.value().replace("\"", "")))
          .findFirst();
    } catch (InvalidSettingsException | InvalidPathException e) {
      return Optional.empty();
    }
  }
}
