package dev.lazymount.trace;

import dev.lazymount.status.Access;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Drops accesses to a path that was told already in this window. The kernel does the same; this one
 * is for when its map is full. Bounded: with that many paths in a window, all are forgotten and
 * told once more. Not thread-safe.
 *
 * <p>A window ends when the trace says so, and by the clock: what was read along with the end of a
 * window, or after it, would else be dropped until the trace says so again, which it does not while
 * little happens.
 */
public final class Deduplicator {
  private final int limit;
  private final long windowNanos;
  private final Set<String> told = new HashSet<>();
  private long since;

  /**
   * Remembers up to {@code limit} paths.
   *
   * @param limit paths; the memory is some 300 bytes each. 0 drops nothing
   * @param window how long one is at most
   */
  public Deduplicator(int limit, Duration window) {
    this.limit = limit;
    this.windowNanos = window.toNanos();
  }

  /**
   * The accesses of a batch that are new in this window.
   *
   * @param now when it was read, as of {@link System#nanoTime}
   */
  public List<Access> fresh(TraceBatch batch, long now) {
    if (limit == 0) {
      return batch.accesses();
    }
    if (told.isEmpty() || batch.newWindow() || now - since >= windowNanos) {
      told.clear();
      since = now;
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
