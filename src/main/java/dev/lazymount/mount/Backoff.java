package dev.lazymount.mount;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Growing pauses between attempts: each twice the one before, up to a longest, and each with up to
 * a fifth added by chance, so that what failed together does not come back together.
 */
final class Backoff {
  private static final double JITTER = 0.2;

  private final Supplier<Duration> first;
  private final Supplier<Duration> longest;
  private int failures;

  /** Between these two, which are asked each time. */
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

  /** Begins anew after a success. */
  void reset() {
    failures = 0;
  }
}
