package dev.lazymount.route;

import dev.lazymount.status.Access;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Accesses from before the first scan, kept until there is a catalog to resolve them with. Bounded:
 * one access is kept for each directory, because the files of one directory belong to the same
 * image. Used by the Router alone.
 */
final class EarlyAccesses {
  /** The most accesses kept. */
  private static final int MOST = 4096;

  /** Paths with at most so many components may be symlinks themselves, so all of them count. */
  private static final int NEAR = 2;

  private final Map<String, Access> kept = new LinkedHashMap<>();

  /**
   * Keeps an access, unless one in the same directory is kept already.
   *
   * @param below its components below the root
   * @return false if there is no room, so that the access is lost
   */
  boolean keep(Access access, List<String> below) {
    int components = Math.max(Math.min(below.size(), NEAR), below.size() - 1);
    // A use of a directory says nothing about writes to it. No path begins with this prefix.
    String directory =
        (access.isWrite() ? "/" : "") + String.join("/", below.subList(0, components));
    if (kept.size() < MOST) {
      kept.putIfAbsent(directory, access);
      return true;
    }
    return kept.containsKey(directory);
  }

  /** Removes all of them; returns the writes first, and each kind in the order it was seen. */
  List<Access> drain() {
    List<Access> all = new ArrayList<>(kept.values());
    all.sort(Comparator.comparing(Access::isWrite).reversed());
    kept.clear();
    return all;
  }
}
