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
 * The sources of the settings, merged: command line over file over defaults. No value has been
 * checked yet. Immutable.
 *
 * @param merged every source that could be read, not yet resolved
 * @param problems why the others could not
 */
record ConfigSources(Config merged, List<Problem> problems) {

  /** Not at the top level, where the library would merge it with Akka's file of the same name. */
  private static final String DEFAULTS = "dev/lazymount/config/reference.conf";

  private static final String REFERENCE = "reference.conf";
  private static final String ACTORS = "actors.conf";
  private static final String AKKA = "akka";

  ConfigSources {
    problems = List.copyOf(problems);
  }

  /** Reads the {@code lazymount} object only: parsing the defaults of Akka takes longer. */
  static ConfigSources read(Optional<Path> file, List<String> overrides) {
    Config defaults = resource(DEFAULTS);
    List<Problem> problems = new ArrayList<>();
    Config operator = file.map(path -> parse(path, problems)).orElse(ConfigFactory.empty());
    refuseOutsiders(operator, defaults, problems);
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
    // Among reference.conf files none overrides another, so our settings of Akka are in a file that
    // comes before them.
    Config defaults =
        resource(ACTORS).withFallback(resource(DEFAULTS)).withFallback(resource(REFERENCE));
    return new ConfigSources(operator.withFallback(defaults), problems);
  }

  /** Uses our own class loader: the thread that handles a signal has no context class loader. */
  private static Config resource(String name) {
    return ConfigFactory.parseResources(ConfigSources.class.getClassLoader(), name);
  }

  private static Config parse(Path file, List<Problem> problems) {
    // Three common mistakes, for which the library's messages are unclear.
    if (!Files.exists(file)) {
      problems.add(problem(file, "", "does not exist", "give the path of an existing file"));
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
                "correct the file at this line or just before it"));
      }
    }
    return ConfigFactory.empty();
  }

  private static Config file(Path file) {
    return ConfigFactory.parseFile(
        file.toFile(),
        ConfigParseOptions.defaults().setAllowMissing(false).setSyntax(ConfigSyntax.CONF));
  }

  private static Problem problem(Path file, String origin, String reason, String advice) {
    return new Problem("--config", file.toString(), origin, reason, advice);
  }

  /** A misspelt section, or a setting outside the section, would otherwise be ignored silently. */
  private static void refuseOutsiders(Config operator, Config defaults, List<Problem> problems) {
    UnknownKeys known =
        new UnknownKeys(defaults.entrySet().stream().map(Map.Entry::getKey).toList());
    Map<String, ConfigValue> outsiders = new TreeMap<>(operator.root());
    outsiders.remove(SettingsReader.ROOT);
    outsiders.remove(AKKA);
    outsiders.forEach(
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
    return setting(ConfigUtil.joinPath(path), override.substring(equals + 1).strip());
  }

  /**
   * Sets a key to a value. Only a list, an object, a quoted string or a substitution is parsed as
   * HOCON. Numbers, durations and booleans are converted from plain text when they are read, and
   * the parser would take {@code //} or {@code #} in a path for the start of a comment and silently
   * drop the rest.
   */
  private static Config setting(String key, String value) {
    boolean structured = !value.isEmpty() && "[{\"$".indexOf(value.charAt(0)) >= 0;
    if (structured) {
      try {
        // Parsed under a name of its own, so that a value which contains a further "key = value"
        // shows as a second name and can't set another key.
        ConfigObject parsed =
            ConfigFactory.parseString(
                    "value = " + value, ConfigParseOptions.defaults().setOriginDescription("--set"))
                .root();
        if (parsed.size() == 1) {
          return parsed.get("value").atPath(key);
        }
      } catch (ConfigException e) {
        // Not HOCON: used as a plain string, and refused later where a string is not allowed.
      }
    }
    return ConfigValueFactory.fromAnyRef(value, "--set").atPath(key);
  }
}
