package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a running daemon is asked, found without reading all settings. A status took longer for
 * them than for all the rest; and it has no use for the others, nor for their being valid: the
 * daemon goes by what it has read.
 */
final class RunDirectory {
  /** As in {@code reference.conf}; a test compares the two. */
  static final Path DEFAULT = Path.of("/run/lazymount");

  private static final String NAME = "run-dir";
  private static final String KEY = SettingsReader.ROOT + "." + NAME;

  private RunDirectory() {}

  /**
   * The run directory, where that is plain to see.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @return empty if it takes a closer look: another override, which may be misspelt, or anything
   *     that is not as it should be
   */
  static Optional<Path> plain(Optional<Path> file, List<String> overrides) {
    if (file.isPresent() && (!Files.isReadable(file.get()) || Files.isDirectory(file.get()))) {
      return Optional.empty();
    }
    if (overrides.isEmpty()) {
      return file.isPresent() ? in(file.get()) : Optional.of(DEFAULT);
    }
    if (!overrides.stream().allMatch(RunDirectory::isOurs)) {
      return Optional.empty();
    }
    String last = overrides.get(overrides.size() - 1);
    return checked(last.substring(last.indexOf('=') + 1).strip());
  }

  private static boolean isOurs(String override) {
    return override.startsWith(NAME + "=") || override.startsWith(KEY + "=");
  }

  private static Optional<Path> in(Path file) {
    try {
      Config config = ConfigSources.file(file);
      // A substitution may be of a default, which is not here.
      if (!config.isResolved()) {
        return Optional.empty();
      }
      return config.hasPathOrNull(KEY) || !isSection(config)
          ? checked(config.getString(KEY))
          : Optional.of(DEFAULT);
    } catch (ConfigException e) {
      return Optional.empty();
    }
  }

  private static boolean isSection(Config config) {
    ConfigValue ours = config.root().get(SettingsReader.ROOT);
    return ours == null || ours instanceof ConfigObject;
  }

  private static Optional<Path> checked(String text) {
    return Validators.directory(text, SettingsReader.MAX_RUN_DIR_BYTES).isEmpty()
        ? Optional.of(Path.of(text).normalize())
        : Optional.empty();
  }
}
