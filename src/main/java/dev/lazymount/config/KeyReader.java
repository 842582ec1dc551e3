package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import dev.lazymount.config.Validators.Rule;
import dev.lazymount.text.Humanize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads one key at a time and collects problems instead of throwing. A key that can't be read
 * yields a placeholder, so that reading continues to the next problem; {@link #throwIfRefused}
 * ensures that no placeholder is ever returned to a caller. Keys are relative to the {@code
 * lazymount} object.
 */
final class KeyReader {

  private final ConfigObject lazymount;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> bad = new HashSet<>();

  KeyReader(ConfigObject lazymount) {
    this.lazymount = lazymount;
  }

  Path directory(String key, int maxBytes, Rule rule) {
    String text =
        text(key, value -> Validators.directory(value, maxBytes).or(() -> rule.check(value)));
    return allGood(key) ? Path.of(text).normalize() : Path.of("/");
  }

  /** Reads the absolute path of a file, or {@code off} (empty). */
  Optional<Path> fileOrOff(String key, int maxBytes) {
    if (isOff(key)) {
      return Optional.empty();
    }
    Path file = directory(key, maxBytes, Validators::anything);
    return allGood(key) ? Optional.of(file) : Optional.empty();
  }

  String text(String key, Rule rule) {
    Optional<String> text = scalar(key, "a string", Config::getString);
    text.flatMap(rule::check).ifPresent(fault -> refuse(key, fault.reason(), fault.advice()));
    return text.orElse("");
  }

  /** Reads a list that must not be empty. */
  List<String> someTexts(String key, int maxElements, Rule rule) {
    List<String> texts = texts(key, maxElements, rule);
    if (allGood(key) && texts.isEmpty()) {
      refuse(key, "is empty", "give at least one element");
    }
    return texts;
  }

  List<String> texts(String key, int maxElements, Rule rule) {
    Optional<ConfigValue> value = lookup(key);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!(value.get() instanceof ConfigList list)
        || !list.stream().allMatch(element -> isScalar(element.valueType()))) {
      refuse(
          key,
          value.get() instanceof ConfigList ? "holds more than strings" : "is not a list",
          "give a list of strings, such as [\"a\", \"b\"]");
      return List.of();
    }
    List<String> texts =
        list.stream().map(element -> String.valueOf(element.unwrapped())).distinct().toList();
    if (texts.size() > maxElements) {
      refuse(key, "has " + texts.size() + " elements", "give at most " + maxElements);
    }
    for (String text : texts) {
      rule.check(text)
          .ifPresent(fault -> refuse(key, '"' + text + "\" " + fault.reason(), fault.advice()));
    }
    return texts;
  }

  <E extends Enum<E>> E choice(String key, E[] choices) {
    Optional<String> text = scalar(key, "a string", Config::getString);
    for (E choice : choices) {
      if (text.filter(choice.toString()::equals).isPresent()) {
        return choice;
      }
    }
    if (text.isPresent()) {
      String all = Stream.of(choices).map(E::toString).collect(Collectors.joining(", "));
      refuse(key, "is not one of " + all, "give one of them");
    }
    return choices[0];
  }

  boolean flag(String key) {
    return scalar(key, "true or false", Config::getBoolean).orElse(false);
  }

  int whole(String key, int min, int max) {
    Optional<Number> number = scalar(key, "a number", Config::getNumber);
    if (number.isEmpty()) {
      return min;
    }
    double value = number.get().doubleValue();
    if (value != Math.rint(value) || value < min || value > max) {
      refuse(
          key,
          value < min ? "is too small" : value > max ? "is too large" : "is not a whole number",
          "give a whole number from " + min + " to " + max);
      return min;
    }
    return (int) value;
  }

  /** Reads a number of bytes, such as {@code 512M}; its bounds are whole MiB. */
  long size(String key, long min, long max) {
    long value = scalar(key, "a size", Config::getBytes).orElse(min);
    if (value < min || value > max) {
      refuse(
          key,
          value < min ? "is too small" : "is too large",
          "give a size from " + (min >> 20) + "M to " + (max >> 20) + "M");
    }
    return value;
  }

  Duration duration(String key, Duration min, Duration max) {
    Duration value = scalar(key, "a duration", Config::getDuration).orElse(min);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      refuse(
          key,
          value.compareTo(min) < 0 ? "is too short" : "is too long",
          "give a duration from " + Humanize.asSetting(min) + " to " + Humanize.asSetting(max));
    }
    return value;
  }

  /** Reads a duration, or {@code off} (empty). */
  Optional<Duration> durationOrOff(String key, Duration min, Duration max) {
    return isOff(key) ? Optional.empty() : Optional.of(duration(key, min, max));
  }

  /** A whole number, or {@code off}, or 0 in its place; off is 0. */
  int wholeOrOff(String key, int min, int max) {
    boolean zero =
        at(key).map(ConfigValue::unwrapped).filter(Integer.valueOf(0)::equals).isPresent();
    return isOff(key) ? 0 : whole(key, zero ? 0 : min, max);
  }

  private boolean isOff(String key) {
    Optional<Object> raw = at(key).map(ConfigValue::unwrapped);
    // HOCON accepts off as a spelling of false, so false means off here.
    boolean off = raw.filter(value -> value.equals("off") || value.equals(false)).isPresent();
    if (off) {
      known.add(key);
    }
    return off;
  }

  /** Whether all these keys have been read without a problem. */
  boolean allGood(String... keys) {
    return Stream.of(keys).noneMatch(bad::contains);
  }

  void refuse(String key, String reason, String advice) {
    bad.add(key);
    Optional<ConfigValue> value = at(key);
    problems.add(
        new Problem(
            SettingsReader.ROOT + "." + key,
            value.map(KeyReader::render).orElse(""),
            value.map(present -> Origins.of(present.origin())).orElse(""),
            reason,
            advice));
  }

  /** Refuses every key that has not been read; call it after all have been. */
  void refuseUnknown() {
    problems.addAll(new UnknownKeys(known).unknownIn(lazymount));
  }

  /** Throws {@link InvalidSettingsException} if anything was refused. */
  void throwIfRefused() {
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(problems);
    }
  }

  /** A value as HOCON on one line. */
  static String render(ConfigValue value) {
    return value.render(ConfigRenderOptions.concise());
  }

  /** How one type is read from a {@link Config} that holds the value under the given path. */
  private interface Getter<T> {
    T get(Config config, String path);
  }

  private <T> Optional<T> scalar(String key, String type, Getter<T> getter) {
    Optional<ConfigValue> value = lookup(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (isScalar(value.get().valueType())) {
      try {
        return Optional.of(getter.get(value.get().atKey("value"), "value"));
      } catch (ConfigException wrongType) {
        // Refused below: the library's message names its own path and not the key.
      }
    }
    refuse(key, "is not " + type, "give " + type + exampleOf(type));
    return Optional.empty();
  }

  private static String exampleOf(String type) {
    return switch (type) {
      case "a duration" -> ", such as 500ms, 30s or 5m";
      case "a size" -> ", such as 512M or 1G";
      default -> "";
    };
  }

  /** Finds a required value; null counts as absent. */
  private Optional<ConfigValue> lookup(String key) {
    known.add(key);
    Optional<ConfigValue> value = at(key);
    if (value.isEmpty()) {
      bad.add(key);
      // Where the section itself is not one, UnknownKeys reports that once.
      if (parentIsSection(key)) {
        refuse(key, "is missing", "give it a value");
      }
      return Optional.empty();
    }
    if (value.get().valueType() == ConfigValueType.NULL) {
      refuse(key, "is null", "give it a value, or leave the key out for the default");
      return Optional.empty();
    }
    return value;
  }

  private boolean parentIsSection(String key) {
    int dot = key.lastIndexOf('.');
    return dot < 0
        || at(key.substring(0, dot)).map(parent -> parent instanceof ConfigObject).orElse(true);
  }

  private Optional<ConfigValue> at(String key) {
    ConfigValue value = lazymount;
    for (String name : ConfigUtil.splitPath(key)) {
      value = value instanceof ConfigObject object ? object.get(name) : null;
    }
    return Optional.ofNullable(value);
  }

  private static boolean isScalar(ConfigValueType type) {
    return switch (type) {
      case STRING, NUMBER, BOOLEAN -> true;
      case LIST, OBJECT, NULL -> false;
    };
  }
}
