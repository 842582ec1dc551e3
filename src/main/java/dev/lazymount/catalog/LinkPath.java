package dev.lazymount.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lexical work on the two ends of a symlink. Called only while a snapshot is made; the hot path has
 * its own way to split a path, which keeps less and wastes less.
 */
final class LinkPath {
  private LinkPath() {}

  /**
   * The components of a relative path, with {@code //}, {@code .} and {@code ..} normalised; empty
   * if it is absolute or leaves the directory it is relative to.
   */
  static Optional<List<String>> relative(String path) {
    return path.startsWith("/") ? Optional.empty() : normalise(path, true);
  }

  /**
   * The components of an absolute path below a root; empty if it isn't there.
   *
   * @param path its {@code ..} at the very top are ignored, as the kernel does
   */
  static Optional<List<String>> below(String root, String path) {
    List<String> start = normalise(root, false).orElseThrow();
    return normalise(path, false)
        .filter(all -> all.size() >= start.size() && all.subList(0, start.size()).equals(start))
        .map(all -> all.subList(start.size(), all.size()));
  }

  /** Components as one path again; the empty text for none. */
  static String join(List<String> components) {
    return String.join("/", components);
  }

  private static Optional<List<String>> normalise(String path, boolean confined) {
    List<String> components = new ArrayList<>();
    for (int from = 0, end; from < path.length(); from = end + 1) {
      int slash = path.indexOf('/', from);
      end = slash < 0 ? path.length() : slash;
      String component = path.substring(from, end);
      if (component.equals("..")) {
        if (components.isEmpty() && confined) {
          return Optional.empty();
        }
        if (!components.isEmpty()) {
          components.remove(components.size() - 1);
        }
      } else if (!component.isEmpty() && !component.equals(".")) {
        components.add(component);
      }
    }
    return Optional.of(components);
  }
}
