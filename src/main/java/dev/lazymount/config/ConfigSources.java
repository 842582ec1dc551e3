package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where settings come from, one over the other, before anybody looks at a value. Immutable.
 *
 * @param merged all layers that could be read, not yet resolved
 * @param problems what could not be read
 */
record ConfigSources(Config merged, List<Problem> problems) {

  /** Beside this class: under the usual name alone, all of Akka's would be parsed with it. */
  private static final String DEFAULTS = "dev/lazymount/config/reference.conf";

  private static final String REFERENCE = "reference.conf";
  private static final String ACTORS = "actors.conf";
  private static final String AKKA = "akka";

  ConfigSources {
    problems = List.copyOf(problems);
  }

  /** Reads our own settings alone: the defaults of Akka are many, and nobody here looks at them. */
  static ConfigSources read(Optional<Path> file, List<String> overrides) {
    Config defaults = resource(DEFAULTS);
    List<Problem> problems = new ArrayList<>();
    Config operator = file.map(path -> parse(path, problems)).orElse(ConfigFactory.empty());
    refuseStrangers(operator, defaults, problems);
    Config merged = operator.withFallback(defaults);
    for (String override : overrides) {
      merged = parse(override, problems).withFallback(merged);
    }
    return new ConfigSources(merged.withOnlyPath(SettingsReader.ROOT), problems);
  }

  /** Reads the file and the defaults of everything on the class path. */
  static ConfigSources readWhole(Optional<Path> file) {
    List<Problem> problems = new ArrayList<>();
    Config operator = file.map(path -> parse(path, problems)).orElse(ConfigFactory.empty());
    // Reference files of equal rank can't outdo each other; what we set for Akka has a rank of its
    // own.
    Config defaults =
        resource(ACTORS).withFallback(resource(DEFAULTS)).withFallback(resource(REFERENCE));
    return new ConfigSources(operator.withFallback(defaults), problems);
  }

  /** By our own class loader: the thread of a signal has none. */
  private static Config resource(String name) {
    return ConfigFactory.parseResources(ConfigSources.class.getClassLoader(), name);
  }

  private static Config parse(Path file, List<Problem> problems) {
    // The three common slips deserve clearer words than the library's.
    if (!Files.exists(file)) {
      problems.add(problem(file, "", "does not exist", "give the path of a file that does"));
    } else if (Files.isDirectory(file)) {
      problems.add(problem(file, "", "is a directory", "give the path of a file"));
    } else if (!Files.isReadable(file)) {
      problems.add(problem(file, "", "can't be read", "allow this user to read it"));
    } else {
      try {
        return file(file);
      } catch (ConfigException e) {
        problems.add(
            problem(
                file,
                Origins.of(e),
                "is not valid HOCON: " + Origins.message(e),
                "correct it there or just before"));
      }
    }
    return ConfigFactory.empty();
  }

  /** A configuration file alone; throws {@link ConfigException} where it is not valid HOCON. */
  static Config file(Path file) {
    return ConfigFactory.parseFile(
        file.toFile(),
        ConfigParseOptions.defaults().setAllowMissing(false).setSyntax(ConfigSyntax.CONF));
  }

  private static Problem problem(Path file, String origin, String reason, String advice) {
    return new Problem("--config", file.toString(), origin, reason, advice);
  }

  /** A misspelt section, or a setting outside the section, would otherwise be lost in silence. */
  private static void refuseStrangers(Config operator, Config defaults, List<Problem> problems) {
    UnknownKeys known =
        new UnknownKeys(defaults.entrySet().stream().map(Map.Entry::getKey).toList());
    Map<String, ConfigValue> strangers = new TreeMap<>(operator.root());
    strangers.remove(SettingsReader.ROOT);
    strangers.remove(AKKA);
    strangers.forEach(
        (name, value) ->
            problems.add(
                new Problem(
                    ConfigUtil.joinPath(name),
                    KeyReader.render(value),
                    Origins.of(value.origin()),
                    "is outside the section lazymount",
                    known
                        .nearest(name)
                        .map(near -> "did you mean " + near + "?")
                        .orElse("put it inside lazymount { }"))));
  }

  private static Config parse(String override, List<Problem> problems) {
    int equals = override.indexOf('=');
    if (equals < 0) {
      problems.add(new Problem("--set", override, "", "has no =", "write --set key=value"));
      return ConfigFactory.empty();
    }
    List<String> path;
    try {
      path = new ArrayList<>(ConfigUtil.splitPath(override.substring(0, equals).strip()));
    } catch (ConfigException e) {
      problems.add(new Problem("--set", override, "", "has no valid key", "write --set key=value"));
      return ConfigFactory.empty();
    }
    if (!path.get(0).equals(SettingsReader.ROOT)) {
      path.add(0, SettingsReader.ROOT);
    }
    return valued(ConfigUtil.joinPath(path), override.substring(equals + 1).strip());
  }

  /**
   * Puts a value under a key. Only what can't be a plain word is parsed as HOCON: numbers,
   * durations and truth values are understood from their text anyway, and a parser would take
   * {@code //} in a path or {@code #} for the start of a comment and drop the rest without a word.
   */
  private static Config valued(String key, String value) {
    boolean structured = !value.isEmpty() && "[{\"$".indexOf(value.charAt(0)) >= 0;
    if (structured) {
      try {
        // Parsed under a name of its own: a value that goes on to set something else shows as a
        // second name, and can't reach a key it was not given for.
        ConfigObject parsed =
            ConfigFactory.parseString(
                    "value = " + value, ConfigParseOptions.defaults().setOriginDescription("--set"))
                .root();
        if (parsed.size() == 1) {
          return parsed.get("value").atPath(key);
        }
      } catch (ConfigException e) {
        // Not HOCON, then: taken as it stands, and refused where a plain string can't be meant.
      }
    }
    return ConfigValueFactory.fromAnyRef(value, "--set").atPath(key);
  }
}
