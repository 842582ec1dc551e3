package dev.lazymount.explain;

import dev.lazymount.catalog.Catalog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The names of images that somebody may have meant by one that no image has. Pure. */
final class NearNames {
  private static final int MOST = 3;

  /** Of a name this long or longer nothing is near: there is none. */
  private static final int LONGEST = 200;

  private record Near(String name, int slips) {}

  private NearNames() {}

  /**
   * The nearest names, the best first; at most three.
   *
   * @param path the components of a path below the root; names with fewer are compared with its
   *     beginning
   */
  static List<String> of(List<String> path, Catalog catalog) {
    String whole = String.join("/", path);
    if (whole.isEmpty() || path.get(0).length() > LONGEST) {
      return List.of();
    }
    List<Near> near = new ArrayList<>();
    for (String name : catalog.names()) {
      String meant = beginning(path, components(name));
      // A quarter of it mistyped is still a name; more is another one.
      int allowed = Math.max(2, Math.min(meant.length(), name.length()) / 4);
      int slips =
          name.startsWith(whole) || meant.startsWith(name)
              ? 1
              : Math.abs(name.length() - meant.length()) > allowed
                  ? Integer.MAX_VALUE
                  : distance(meant, name, allowed);
      if (slips <= allowed) {
        near.add(new Near(name, slips));
      }
    }
    near.sort(Comparator.comparingInt(Near::slips).thenComparing(Near::name));
    return near.stream().limit(MOST).map(Near::name).toList();
  }

  private static int components(String name) {
    return (int) name.chars().filter(c -> c == '/').count() + 1;
  }

  private static String beginning(List<String> path, int components) {
    return String.join("/", path.subList(0, Math.min(components, path.size())));
  }

  /** The edit distance; anything more than {@code most} is as good as infinite. */
  private static int distance(String a, String b, int most) {
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      int least = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replace, 1 + Math.min(above[j], row[j - 1]));
        least = Math.min(least, row[j]);
      }
      if (least > most) {
        return Integer.MAX_VALUE;
      }
      above = row;
    }
    return above[b.length()];
  }
}
