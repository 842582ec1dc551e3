package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads settings. Overrides from the command line come before the configuration file, and that
 * before the defaults in {@code reference.conf}. Environment and system properties set nothing, so
 * that two starts with the same file behave the same; a substitution such as <code>${HOME}</code>
 * in the file does use the environment.
 *
 * <p>An override is {@code key=value}, the key with or without the leading {@code lazymount.}; of
 * two for the same key the later wins. The file may contain an {@code akka} object beside the
 * {@code lazymount} object, and nothing else. Each method reads the file again. Stateless and
 * thread-safe.
 */
public final class SettingsLoader {

  private SettingsLoader() {}

  /**
   * Reads and checks all settings.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException with every problem of the file, the overrides and the values
   */
  public static Settings load(Optional<Path> file, List<String> overrides) {
    ConfigSources sources = ConfigSources.read(file, overrides);
    List<Problem> problems = new ArrayList<>(sources.problems());
    try {
      Settings settings = Settings.from(sources.merged());
      if (problems.isEmpty()) {
        return settings;
      }
    } catch (InvalidSettingsException e) {
      problems.addAll(e.problems());
    }
    throw new InvalidSettingsException(problems);
  }

  /**
   * The run directory of a daemon with these settings, where commands connect to it. Of the file,
   * no other setting has to be valid: the running daemon uses what it has read earlier, and an
   * operator asks for its status also while editing the file. Overrides have to be valid, because a
   * misspelt {@code --set} would ask another daemon than the one that is meant.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException if the file can't be parsed, or the run directory or an
   *     override is not valid
   */
  public static Path runDir(Optional<Path> file, List<String> overrides) {
    ConfigSources sources = ConfigSources.read(file, overrides);
    List<Problem> problems = new ArrayList<>(sources.problems());
    if (!overrides.isEmpty()) {
      try {
        Settings.from(sources.merged());
      } catch (InvalidSettingsException e) {
        problems.addAll(e.problems());
      }
    }
    problems.removeIf(problem -> !problem.isOnCommandLine());
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(problems);
    }
    return SettingsReader.runDir(sources.merged());
  }

  /**
   * Every value and where it was set, sorted by key. Includes values that are not valid and unknown
   * keys, to show where they come from.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, in the order given
   * @throws InvalidSettingsException if the file or an override can't be parsed
   */
  public static List<EffectiveValue> explain(Optional<Path> file, List<String> overrides) {
    return effective(resolved(file, overrides));
  }

  /** The merged sources, resolved: the {@code lazymount} object only, with no value checked. */
  static Config resolved(Optional<Path> file, List<String> overrides) {
    return resolve(ConfigSources.read(file, overrides)).withOnlyPath(SettingsReader.ROOT);
  }

  /** The values of a resolved config and where each was set, sorted by key. */
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
   * The config of the actor system: the {@code akka} object of the file over {@code actors.conf}
   * over the {@code reference.conf} of Akka. For settings, see {@link #load}.
   *
   * @param file the configuration file; empty for the defaults
   * @throws InvalidSettingsException if the file can't be parsed
   */
  public static Config actorConfig(Optional<Path> file) {
    return resolve(ConfigSources.readWhole(file));
  }

  private static Config resolve(ConfigSources sources) {
    List<Problem> problems = new ArrayList<>(sources.problems());
    try {
      Config resolved = sources.merged().resolve();
      if (problems.isEmpty()) {
        return resolved;
      }
    } catch (ConfigException e) {
      problems.add(SettingsReader.unresolved(e));
    }
    throw new InvalidSettingsException(problems);
  }
}
