package dev.lazymount.trace;

import dev.lazymount.status.Access;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Drops accesses to a path that was reported already in this window. The kernel does the same; this
 * one helps when the kernel's map is full. Bounded: with that many paths in a window, all are
 * forgotten and reported once more. Not thread-safe.
 *
 * <p>A window ends with a tick of the trace, and by the clock: an access that is read together with
 * a tick or after it would otherwise be dropped until the next tick, which may be far away while
 * little happens.
 */
public final class Deduplicator {
  /** Paths begin with a slash. */
  private static final String WRITE = "w:";

  private final int limit;
  private final long windowNanos;
  private final Set<String> reported = new HashSet<>();
  private long since;

  /**
   * Remembers up to {@code limit} paths.
   *
   * @param limit paths, of some 300 bytes each; 0 drops nothing
   * @param window its longest duration
   */
  public Deduplicator(int limit, Duration window) {
    this.limit = limit;
    this.windowNanos = window.toNanos();
  }

  /**
   * The accesses of a batch that are new in this window.
   *
   * @param now the time of the read, {@link System#nanoTime}
   */
  public List<Access> fresh(TraceBatch batch, long now) {
    if (limit == 0) {
      return batch.accesses();
    }
    if (reported.isEmpty() || batch.newWindow() || now - since >= windowNanos) {
      reported.clear();
      since = now;
    }
    List<Access> fresh = new ArrayList<>(batch.accesses().size());
    for (Access access : batch.accesses()) {
      if (reported.size() >= limit) {
        reported.clear();
      }
      // A write of a path that was read already in this window is news.
      String key = access.kind() == Access.Kind.WRITE ? WRITE + access.path() : access.path();
      if (reported.add(key)) {
        fresh.add(access);
      }
    }
    return fresh;
  }
}
