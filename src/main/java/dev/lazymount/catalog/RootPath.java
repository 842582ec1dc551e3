package dev.lazymount.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Splits a path, as an unprivileged and possibly hostile process spelled it or as a symlink has it,
 * into the components below the root.
 *
 * <p>The work is lexical: {@code //}, {@code .} and {@code ..} are normalised without a call to the
 * file system, because the daemon exists to avoid the slow one. A {@code ..} directly after a
 * symlink can therefore mean another directory than to the kernel. At worst, an image is mounted
 * that was not used, or is not mounted until the next access.
 *
 * <p>The work is bounded by {@link #MAX_CHARS}. All methods are pure and may be called from any
 * thread. This is the hot path: the usual spelling is checked and split by index scans, and only an
 * unusual one is normalised.
 */
public final class RootPath {
  /** Longer paths, in chars, are refused: PATH_MAX, in bytes, is the kernel's limit. */
  public static final int MAX_CHARS = 4096;

  /** As many components as are of use for an access: no image has a name as deep. */
  public static final int MAX_COMPONENTS = 64;

  /** All components. */
  static final int ALL = Integer.MAX_VALUE;

  private RootPath() {}

  /**
   * The first {@link #MAX_COMPONENTS} components of {@code path} below {@code root}.
   *
   * @see #below(String, String, int)
   */
  public static Optional<List<String>> below(String root, String path) {
    return below(root, path, MAX_COMPONENTS);
  }

  /**
   * The first components of {@code path} below {@code root}; none if the path is the root itself. A
   * slash at the end makes no difference.
   *
   * @param root absolute, without {@code //}, {@code .}, {@code ..} or a slash at its end
   * @param path any text; unless it is an absolute path that begins, once normalised, with the
   *     whole components of the root, the result is empty
   * @param keep return at most this many components, at least 1. A {@code ..} after them is still
   *     taken into account
   * @return an immutable list
   * @throws IllegalArgumentException if {@code keep} is less than 1
   */
  public static Optional<List<String>> below(String root, String path, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("can't keep " + keep + " components");
    }
    if (path.length() > MAX_CHARS || path.isEmpty() || path.charAt(0) != '/') {
      return Optional.empty();
    }
    String base = root.length() == 1 ? "" : root;
    int start = base.length() + 1;
    if (path.length() >= start && path.charAt(start - 1) == '/' && path.startsWith(base)) {
      int count = countIfNormal(path, start);
      if (count >= 0) {
        return Optional.of(split(path, start, Math.min(count, keep)));
      }
    }
    return normalise(base, path, false, keep);
  }

  /**
   * The first {@link #MAX_COMPONENTS} components of a path that is relative to the root.
   *
   * @see #components(String, int)
   */
  public static Optional<List<String>> components(String relative) {
    return components(relative, MAX_COMPONENTS);
  }

  /**
   * The first components of a path that is relative to the root.
   *
   * @param relative any text. The empty text is the root itself. The result is empty for an
   *     absolute path, and for one that leaves the root anywhere on its way, because the way back
   *     would need the root's own name
   * @param keep return at most this many components, at least 1
   * @return an immutable list
   */
  static Optional<List<String>> components(String relative, int keep) {
    if (relative.length() > MAX_CHARS || relative.startsWith("/")) {
      return Optional.empty();
    }
    int count = countIfNormal(relative, 0);
    if (count >= 0) {
      return Optional.of(split(relative, 0, Math.min(count, keep)));
    }
    return normalise("", relative, true, keep);
  }

  /** Components as one path again; the empty text for none. */
  static String join(List<String> components) {
    return String.join("/", components);
  }

  /** The number of components from {@code start} on; -1 if one is empty or begins with a dot. */
  private static int countIfNormal(String path, int start) {
    int count = 0;
    for (int from = start; from < path.length(); count++) {
      int end = endOfComponent(path, from);
      if (end == from || path.charAt(from) == '.') {
        return -1;
      }
      from = end + 1;
    }
    return count;
  }

  private static List<String> split(String path, int start, int count) {
    String[] components = new String[count];
    int from = start;
    for (int i = 0; i < count; i++) {
      int end = endOfComponent(path, from);
      components[i] = path.substring(from, end);
      from = end + 1;
    }
    return List.of(components);
  }

  private static int endOfComponent(String path, int from) {
    int slash = path.indexOf('/', from);
    return slash < 0 ? path.length() : slash;
  }

  /**
   * The slow way, in one pass and without a list of all components. It starts at the top of the
   * file system and is either on the way to the root, beside that way, or below the root.
   *
   * @param base the root, or the empty text for the top of the file system
   * @param confined whether a {@code ..} at the top leaves the root; the kernel ignores one at its
   *     top
   */
  private static Optional<List<String>> normalise(
      String base, String path, boolean confined, int keep) {
    int most = Math.min(keep, path.length() / 2 + 1);
    int[] starts = new int[most];
    int[] ends = new int[most];
    int expected = 1; // Where in base the next component to be spelled begins.
    int beside = 0; // Components since the way to the root was left.
    int depth = 0; // Components below the root; only the first of them are kept.
    for (int from = 0, end; from < path.length(); from = end + 1) {
      end = endOfComponent(path, from);
      if (end == from || isDot(path, from, end)) {
        continue;
      }
      if (isDotDot(path, from, end)) {
        if (beside > 0) {
          beside--;
        } else if (depth > 0) {
          depth--;
        } else if (confined) {
          return Optional.empty();
        } else if (expected > 1) {
          expected = base.lastIndexOf('/', expected - 2) + 1;
        }
      } else if (beside > 0) {
        beside++;
      } else if (expected > base.length()) {
        if (depth < most) {
          starts[depth] = from;
          ends[depth] = end;
        }
        depth++;
      } else if (spells(base, expected, path, from, end)) {
        expected += end - from + 1;
      } else {
        beside = 1;
      }
    }
    if (beside > 0 || expected <= base.length()) {
      return Optional.empty();
    }
    String[] components = new String[Math.min(depth, most)];
    for (int i = 0; i < components.length; i++) {
      components[i] = path.substring(starts[i], ends[i]);
    }
    return Optional.of(List.of(components));
  }

  private static boolean isDot(String path, int from, int end) {
    return end - from == 1 && path.charAt(from) == '.';
  }

  private static boolean isDotDot(String path, int from, int end) {
    return end - from == 2 && path.charAt(from) == '.' && path.charAt(from + 1) == '.';
  }

  /** Whether the component of {@code base} at {@code expected} equals this one of the path. */
  private static boolean spells(String base, int expected, String path, int from, int end) {
    return end - from == endOfComponent(base, expected) - expected
        && base.regionMatches(expected, path, from, end - from);
  }
}
