package dev.lazymount.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import dev.lazymount.text.EditDistance;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds keys that are not settings, most of them typing errors, and suggests the setting that was
 * probably meant. Immutable; keys are relative to the {@code lazymount} object.
 */
final class UnknownKeys {

  // With more errors than that a suggestion is a guess, and a wrong one misleads.
  private static final int MAX_ERRORS = 2;

  private final Set<String> leaves;
  private final Set<String> sections = new TreeSet<>();

  UnknownKeys(Collection<String> leaves) {
    this.leaves = new TreeSet<>(leaves);
    for (String leaf : leaves) {
      for (int dot = leaf.indexOf('.'); dot > 0; dot = leaf.indexOf('.', dot + 1)) {
        sections.add(leaf.substring(0, dot));
      }
    }
  }

  List<Problem> unknownIn(ConfigObject lazymount) {
    List<Problem> problems = new ArrayList<>();
    collect("", lazymount, problems);
    return problems;
  }

  /** The setting or section that a misspelt key probably means, if any is near enough. */
  Optional<String> nearest(String key) {
    Set<String> candidates = new TreeSet<>(sections);
    candidates.addAll(leaves);
    return candidates.stream()
        .filter(candidate -> errors(key, candidate) <= MAX_ERRORS)
        .min(Comparator.comparingInt(candidate -> errors(key, candidate)));
  }

  private void collect(String prefix, ConfigObject object, List<Problem> problems) {
    // Sorted, because an object has no order of its own.
    for (String name : new TreeSet<>(object.keySet())) {
      String key = prefix + ConfigUtil.joinPath(name);
      ConfigValue value = object.get(name);
      if (leaves.contains(key)) {
        continue;
      }
      if (!sections.contains(key)) {
        problems.add(
            RemovedSettings.get(key)
                .map(old -> problem(key, value, "was removed: " + old.reason(), old.advice()))
                .orElseGet(() -> problem(key, value, "is not a setting", adviceFor(key))));
      } else if (value instanceof ConfigObject section) {
        collect(key + ".", section, problems);
      } else {
        problems.add(
            problem(key, value, "is not a section", "write " + key + " { } with settings in it"));
      }
    }
  }

  private String adviceFor(String key) {
    return nearest(key)
        .map(near -> "did you mean " + SettingsReader.ROOT + "." + near + "?")
        .orElse("remove it; conf/application.conf lists all settings");
  }

  private static Problem problem(String key, ConfigValue value, String reason, String advice) {
    return new Problem(
        SettingsReader.ROOT + "." + key,
        KeyReader.render(value),
        Origins.of(value.origin()),
        reason,
        advice);
  }

  /** How many typing errors apart two keys are; a wrong section counts as one error. */
  private static int errors(String key, String candidate) {
    return Math.min(
        EditDistance.of(key, candidate),
        1 + EditDistance.of(lastNameOf(key), lastNameOf(candidate)));
  }

  private static String lastNameOf(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }
}
