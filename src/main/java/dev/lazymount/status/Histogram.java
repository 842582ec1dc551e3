package dev.lazymount.status;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long something took, counted by ranges. Written by the actors, read by anybody; never locks.
 */
public final class Histogram {
  /**
   * The upper end of each range but the last, seconds: a mount takes a millisecond or two, and
   * {@code mount.timeout} is 30 s by default.
   */
  private static final double[] BOUNDS = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30
  };

  private final LongAdder[] counts = new LongAdder[BOUNDS.length + 1];
  private final DoubleAdder sum = new DoubleAdder();

  /** Nothing counted yet. */
  public Histogram() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Something took so long; what is negative, because clocks differ, counts as 0. */
  public void observe(double seconds) {
    double took = Math.max(0, seconds);
    int range = 0;
    while (range < BOUNDS.length && took > BOUNDS[range]) {
      range++;
    }
    counts[range].increment();
    sum.add(took);
  }

  /** The upper end of each range, seconds; the last one is infinite. */
  public double[] bounds() {
    double[] bounds = new double[counts.length];
    System.arraycopy(BOUNDS, 0, bounds, 0, BOUNDS.length);
    bounds[BOUNDS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** How many fell into each range; not cumulative. */
  public long[] counts() {
    long[] now = new long[counts.length];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts[i].sum();
    }
    return now;
  }

  /** All that was observed, added up; seconds. */
  public double sum() {
    return sum.sum();
  }
}
