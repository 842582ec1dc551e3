package dev.lazymount.explain;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.text.EditDistance;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Images whose names resemble a name that no image has, for "did you mean". Pure. */
public final class NearNames {
  private static final int MOST = 3;

  /** Longer names are not compared: no image has one. */
  private static final int LONGEST = 200;

  private record Near(String name, int edits) {}

  private NearNames() {}

  /**
   * The nearest names, the best first; at most three.
   *
   * @param path the components of a path below the root; names with fewer are compared with its
   *     beginning
   */
  public static List<String> of(List<String> path, Catalog catalog) {
    String whole = String.join("/", path);
    if (whole.isEmpty() || path.get(0).length() > LONGEST) {
      return List.of();
    }
    List<Near> near = new ArrayList<>();
    for (String name : catalog.names()) {
      String meant = beginning(path, components(name));
      // With more than a quarter of it different, it is another name and no misspelling.
      int allowed = Math.max(2, Math.min(meant.length(), name.length()) / 4);
      int edits =
          name.startsWith(whole) || meant.startsWith(name)
              ? 1
              : EditDistance.atMost(meant, name, allowed);
      if (edits <= allowed) {
        near.add(new Near(name, edits));
      }
    }
    near.sort(Comparator.comparingInt(Near::edits).thenComparing(Near::name));
    return near.stream().limit(MOST).map(Near::name).toList();
  }

  private static int components(String name) {
    return (int) name.chars().filter(c -> c == '/').count() + 1;
  }

  private static String beginning(List<String> path, int components) {
    return String.join("/", path.subList(0, Math.min(components, path.size())));
  }
}
