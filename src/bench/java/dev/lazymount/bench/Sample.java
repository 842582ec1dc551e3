package dev.lazymount.bench;

import java.util.Arrays;
import java.util.Collection;

/** Measured values, and their percentiles by nearest rank: each is a value that was measured. */
final class Sample {
  private final double[] sorted;

  Sample(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  static Sample of(Collection<Double> values) {
    return new Sample(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  int size() {
    return sorted.length;
  }

  /** The smallest value that {@code percent} of all are not above. */
  double percentile(double percent) {
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return sorted[Math.max(rank, 1) - 1];
  }

  double median() {
    return percentile(50);
  }

  double max() {
    return sorted[sorted.length - 1];
  }
}
