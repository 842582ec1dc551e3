package dev.lazymount.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the keys nobody reads, which a typo makes, and the known key each was meant to be.
 * Immutable; keys are relative to the {@code lazymount} object.
 */
final class UnknownKeys {

  // Beyond two slips a suggestion is a guess, and a wrong one misleads.
  private static final int MAX_SLIPS = 2;

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

  /** Returns the known key or section nearest to a key, if any is near enough. */
  Optional<String> nearest(String key) {
    Set<String> candidates = new TreeSet<>(sections);
    candidates.addAll(leaves);
    return candidates.stream()
        .filter(candidate -> slips(key, candidate) <= MAX_SLIPS)
        .min(Comparator.comparingInt(candidate -> slips(key, candidate)));
  }

  private void collect(String prefix, ConfigObject object, List<Problem> problems) {
    // Sorted, as an object has no order of its own and a report should.
    for (String name : new TreeSet<>(object.keySet())) {
      String key = prefix + ConfigUtil.joinPath(name);
      ConfigValue value = object.get(name);
      if (leaves.contains(key)) {
        continue;
      }
      if (!sections.contains(key)) {
        problems.add(problem(key, value, "is not a setting", adviceFor(key)));
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
        .orElse("remove it; conf/application.conf lists all there are");
  }

  private static Problem problem(String key, ConfigValue value, String reason, String advice) {
    return new Problem(
        SettingsReader.ROOT + "." + key,
        KeyReader.render(value),
        Origins.of(value.origin()),
        reason,
        advice);
  }

  /**
   * Counts the slips between two keys; one in the wrong section is a slip however long its name.
   */
  private static int slips(String key, String candidate) {
    return Math.min(distance(key, candidate), 1 + distance(lastNameOf(key), lastNameOf(candidate)));
  }

  private static String lastNameOf(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /** The edit distance, where two letters swapped count as one edit. */
  private static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int replace = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        edits[i][j] = Math.min(replace, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          edits[i][j] = Math.min(edits[i][j], 1 + edits[i - 2][j - 2]);
        }
      }
    }
    return edits[a.length()][b.length()];
  }
}
