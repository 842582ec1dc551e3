package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lays the overrides of the command line over the configuration file over the defaults in {@code
 * reference.conf}. The environment and system properties set nothing, so that two starts with the
 * same file behave the same; a substitution such as <code>${HOME}</code> in the file does see the
 * environment.
 *
 * <p>An override is {@code key=value}, the key with or without the leading {@code lazymount.}; of
 * two for the same key the later wins. The file may hold an {@code akka} object beside the {@code
 * lazymount} one, and nothing else. All methods read the file anew, keep nothing, and may be called
 * from any thread.
 */
public final class SettingsLoader {

  private SettingsLoader() {}

  /**
   * Reads and checks the settings in force.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException with every problem of the file, the overrides and the values
   */
  public static Settings load(Optional<Path> file, List<String> overrides) {
    ConfigSources layers = ConfigSources.read(file, overrides);
    List<Problem> problems = new ArrayList<>(layers.problems());
    try {
      Settings settings = Settings.from(layers.merged());
      if (problems.isEmpty()) {
        return settings;
      }
    } catch (InvalidSettingsException e) {
      problems.addAll(e.problems());
    }
    throw new InvalidSettingsException(problems);
  }

  /**
   * Where a daemon with these settings is asked: also while others of them are not valid, as the
   * running one goes by older ones, and without reading all of them, which would take longer than
   * to ask.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException if that can't be told
   */
  public static Path runDir(Optional<Path> file, List<String> overrides) {
    return RunDirectory.plain(file, overrides).orElseGet(() -> load(file, overrides).runDir());
  }

  /**
   * Returns what is in force and who set it, sorted by key, also where a value is not valid: this
   * is what one looks at to see why. Unknown keys are among them.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException if the file or an override can't be understood at all
   */
  public static List<EffectiveValue> explain(Optional<Path> file, List<String> overrides) {
    return effective(resolved(file, overrides));
  }

  /** The layers as one, resolved; only our own object, and nothing in it checked. */
  static Config resolved(Optional<Path> file, List<String> overrides) {
    return understood(ConfigSources.read(file, overrides)).withOnlyPath(SettingsReader.ROOT);
  }

  /** What a resolved config says and where each value came from, sorted by key. */
  static List<EffectiveValue> effective(Config config) {
    return config.entrySet().stream()
        .map(
            entry ->
                new EffectiveValue(
                    entry.getKey(),
                    KeyReader.render(entry.getValue()),
                    Origins.of(entry.getValue().origin())))
        .sorted((a, b) -> a.key().compareTo(b.key()))
        .toList();
  }

  /**
   * Returns the whole resolved config for the actor system: the {@code akka} defaults of all {@code
   * reference.conf} on the class path, under the {@code akka} object of the file. Settings are not
   * to be read from it; that is what {@link #load} is for.
   *
   * @param file the configuration file; empty for the defaults
   * @throws InvalidSettingsException if the file can't be understood
   */
  public static Config actorConfig(Optional<Path> file) {
    return understood(ConfigSources.readWhole(file));
  }

  private static Config understood(ConfigSources layers) {
    List<Problem> problems = new ArrayList<>(layers.problems());
    try {
      Config resolved = layers.merged().resolve();
      if (problems.isEmpty()) {
        return resolved;
      }
    } catch (ConfigException e) {
      problems.add(SettingsReader.unresolved(e));
    }
    throw new InvalidSettingsException(problems);
  }
}
