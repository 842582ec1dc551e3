package dev.lazymount.mount;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Exponential back-off: each pause is twice the previous one, up to a maximum, plus up to 20 %
 * jitter so that images that failed together do not retry together.
 */
final class Backoff {
  private static final double JITTER = 0.2;

  private final Supplier<Duration> first;
  private final Supplier<Duration> longest;
  private int failures;

  /** Both limits are read at each failure, because a reload can change them. */
  Backoff(Supplier<Duration> first, Supplier<Duration> longest) {
    this.first = first;
    this.longest = longest;
  }

  /** The pause after one more failure. */
  Duration next() {
    // 2^30 times the shortest setting is beyond the longest one.
    double grown = (double) first.get().toMillis() * Math.pow(2, Math.min(failures, 30));
    failures++;
    double bounded = Math.min(grown, (double) longest.get().toMillis());
    return Duration.ofMillis(
        Math.round(bounded * (1 + JITTER * ThreadLocalRandom.current().nextDouble())));
  }

  /** Starts with the shortest pause again. */
  void reset() {
    failures = 0;
  }
}
