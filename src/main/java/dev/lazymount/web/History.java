package dev.lazymount.web;

import dev.lazymount.status.Counters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;

/**
 * What was counted in each ten seconds of the last hour. Bounded: a ring. Used by the server's
 * thread alone.
 */
final class History {
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final int POINTS = 360;

  private final Counters counters;
  private final LongSupplier nanoTime;
  private final long[][] ring = new long[POINTS][];
  private long points;
  private long[] last;
  private long lastAt;

  /**
   * The last hour, the oldest first; fewer than 360 points after a start.
   *
   * @param intervalSeconds the time that a point is for
   * @param end ISO 8601, the end of the last point
   * @param events accesses that came out of the trace
   * @param lost events lost
   * @param mounts mounts made
   * @param failures attempts to mount that failed, bad images too
   */
  record Hour(
      long intervalSeconds,
      String end,
      List<Long> events,
      List<Long> lost,
      List<Long> mounts,
      List<Long> failures) {}

  /**
   * Begins to count.
   *
   * @param counters are looked at
   * @param nanoTime the clock, as System.nanoTime() is
   */
  History(Counters counters, LongSupplier nanoTime) {
    this.counters = counters;
    this.nanoTime = nanoTime;
    this.last = look();
    this.lastAt = nanoTime.getAsLong();
  }

  /** To be called more often than once in an interval. */
  void tick() {
    long intervals = (nanoTime.getAsLong() - lastAt) / INTERVAL.toNanos();
    if (intervals == 0) {
      return;
    }
    long[] now = look();
    // After a pause of the whole process its counts belong to the last interval, and the others
    // were empty.
    for (long i = Math.max(0, intervals - POINTS); i < intervals; i++) {
      long[] point = new long[now.length];
      for (int j = 0; i == intervals - 1 && j < now.length; j++) {
        point[j] = now[j] - last[j];
      }
      ring[(int) (points++ % POINTS)] = point;
    }
    last = now;
    lastAt += intervals * INTERVAL.toNanos();
  }

  /** The last hour. */
  Hour hour() {
    Instant end = Instant.now().minusNanos(nanoTime.getAsLong() - lastAt);
    return new Hour(
        INTERVAL.toSeconds(), end.toString(), series(0), series(1), series(2), series(3));
  }

  private List<Long> series(int which) {
    return LongStream.range(Math.max(0, points - POINTS), points)
        .mapToObj(i -> ring[(int) (i % POINTS)][which])
        .toList();
  }

  private long[] look() {
    return new long[] {
      counters.seen.sum(), counters.lost.sum(), counters.mounts.sum(), counters.failures.sum()
    };
  }
}
