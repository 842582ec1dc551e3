package dev.lazymount.status;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Latency histogram. Thread-safe, without locks. */
public final class Histogram {
  /**
   * The upper bounds of the buckets, seconds; the last bucket has none. A mount takes 1 to 2 ms,
   * and {@code mount.timeout} is 30 s by default.
   */
  private static final double[] BOUNDS = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30
  };

  private final LongAdder[] counts = new LongAdder[BOUNDS.length + 1];
  private final DoubleAdder sum = new DoubleAdder();

  /** An empty histogram. */
  public Histogram() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Adds a value, seconds. A negative one, from clocks that differ, counts as 0. */
  public void observe(double seconds) {
    double took = Math.max(0, seconds);
    int bucket = 0;
    while (bucket < BOUNDS.length && took > BOUNDS[bucket]) {
      bucket++;
    }
    counts[bucket].increment();
    sum.add(took);
  }

  /** The upper bound of each bucket, seconds; the last one is infinite. */
  public double[] bounds() {
    double[] bounds = new double[counts.length];
    System.arraycopy(BOUNDS, 0, bounds, 0, BOUNDS.length);
    bounds[BOUNDS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** The count of each bucket, not cumulative. */
  public long[] counts() {
    long[] now = new long[counts.length];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts[i].sum();
    }
    return now;
  }

  /** The sum of all values, seconds. */
  public double sum() {
    return sum.sum();
  }
}
