package dev.lazymount.trace;

import dev.lazymount.state.Access;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Drops accesses to a path that was told already in this window. The kernel does the same; this one
 * is for when its map is full. Bounded: with that many paths in a window, all are forgotten and
 * told once more. Not thread-safe.
 */
public final class Deduplicator {
  private final int limit;
  private final Set<String> told = new HashSet<>();

  /**
   * Remembers up to {@code limit} paths.
   *
   * @param limit paths; the memory is some 300 bytes each. 0 drops nothing
   */
  public Deduplicator(int limit) {
    this.limit = limit;
  }

  /** The accesses of a batch that are new in this window. */
  public List<Access> fresh(TraceBatch batch) {
    if (limit == 0) {
      return batch.accesses();
    }
    if (batch.newWindow()) {
      told.clear();
    }
    List<Access> fresh = new ArrayList<>(batch.accesses().size());
    for (Access access : batch.accesses()) {
      if (told.size() >= limit) {
        told.clear();
      }
      if (told.add(access.path())) {
        fresh.add(access);
      }
    }
    return fresh;
  }
}
