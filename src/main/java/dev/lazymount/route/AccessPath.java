package dev.lazymount.route;

import java.util.List;
import java.util.Optional;

/**
 * Turns a path, as some unprivileged and possibly hostile process spelled it, into the components
 * below the root.
 *
 * <p>The work is lexical: {@code //}, {@code .} and {@code ..} are normalised without asking a file
 * system, because asking the slow one is what the daemon exists to avoid. A {@code ..} after a
 * symlink can therefore mean another place than it means to the kernel; the worst that comes of it
 * is that an image is mounted which nobody opened, or not mounted until the next access.
 *
 * <p>Whatever comes in, the work is bounded by {@link #MAX_CHARS} and what goes out by {@link
 * #MAX_COMPONENTS}. All methods are pure and may be called from any thread. This is the hot path:
 * the usual spelling is checked and split by index scans, and only an unusual one is normalised.
 */
public final class AccessPath {
  /** Longer paths, in chars, are dropped: the kernel's PATH_MAX, in bytes, allows no longer one. */
  public static final int MAX_CHARS = 4096;

  /** At most this many components are given; more are checked, but left out. */
  public static final int MAX_COMPONENTS = 64;

  private AccessPath() {}

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
   * slash at the end says nothing.
   *
   * @param root absolute, without {@code //}, {@code .}, {@code ..} or a slash at its end
   * @param path any text; unless it is an absolute path that begins, once normalised, with the
   *     whole components of the root, the result is empty
   * @param keep the most components to give, from 1 on; more than {@link #MAX_COMPONENTS} counts as
   *     that. A {@code ..} counts properly behind them too
   * @return an immutable list
   * @throws IllegalArgumentException if {@code keep} is less than 1
   */
  public static Optional<List<String>> below(String root, String path, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("can't keep " + keep + " components");
    }
    int most = Math.min(keep, MAX_COMPONENTS);
    if (path.length() > MAX_CHARS || path.isEmpty() || path.charAt(0) != '/') {
      return Optional.empty();
    }
    String base = root.length() == 1 ? "" : root;
    int start = base.length() + 1;
    if (path.length() >= start && path.charAt(start - 1) == '/' && path.startsWith(base)) {
      int count = countIfNormal(path, start);
      if (count >= 0) {
        return Optional.of(split(path, start, Math.min(count, most)));
      }
    }
    return normalise(base, path, false, most);
  }

  /**
   * The first {@link #MAX_COMPONENTS} components of a path that is relative to the root.
   *
   * @param relative any text; the empty text is the root itself, and the result is empty for an
   *     absolute path and for one that leaves the root anywhere on its way, since the way back in
   *     would need the root's own name
   * @return an immutable list
   */
  public static Optional<List<String>> components(String relative) {
    if (relative.length() > MAX_CHARS || relative.startsWith("/")) {
      return Optional.empty();
    }
    int count = countIfNormal(relative, 0);
    if (count >= 0) {
      return Optional.of(split(relative, 0, Math.min(count, MAX_COMPONENTS)));
    }
    return normalise("", relative, true, MAX_COMPONENTS);
  }

  /** The components from {@code start} on; -1 if one is empty or begins with a dot. */
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
   * The slow way, in one pass and without a list of all components. A walker starts at the top of
   * the file system and is either on the way to the root, astray beside that way, or below the
   * root.
   *
   * @param base the root, or the empty text for the top of the file system
   * @param confined whether a {@code ..} at the very top ends the walk; the kernel ignores it
   */
  private static Optional<List<String>> normalise(
      String base, String path, boolean confined, int keep) {
    int[] starts = new int[keep];
    int[] ends = new int[keep];
    int expected = 1; // Where in base the next component to be spelled begins.
    int astray = 0; // Components walked since leaving the way to the root.
    int depth = 0; // Components below the root; only the first of them are kept.
    for (int from = 0, end; from < path.length(); from = end + 1) {
      end = endOfComponent(path, from);
      if (end == from || isDot(path, from, end)) {
        continue;
      }
      if (isDotDot(path, from, end)) {
        if (astray > 0) {
          astray--;
        } else if (depth > 0) {
          depth--;
        } else if (confined) {
          return Optional.empty();
        } else if (expected > 1) {
          expected = base.lastIndexOf('/', expected - 2) + 1;
        }
      } else if (astray > 0) {
        astray++;
      } else if (expected > base.length()) {
        if (depth < keep) {
          starts[depth] = from;
          ends[depth] = end;
        }
        depth++;
      } else if (spells(base, expected, path, from, end)) {
        expected += end - from + 1;
      } else {
        astray = 1;
      }
    }
    if (astray > 0 || expected <= base.length()) {
      return Optional.empty();
    }
    String[] components = new String[Math.min(depth, keep)];
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

  /** Whether the component of {@code base} at {@code expected} is just this one of the path. */
  private static boolean spells(String base, int expected, String path, int from, int end) {
    return end - from == endOfComponent(base, expected) - expected
        && base.regionMatches(expected, path, from, end - from);
  }
}
