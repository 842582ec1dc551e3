package dev.lazymount.kernel;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Polls until a condition holds, and fails at a deadline. */
public final class Await {
  /** Long enough for a busy machine. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long PAUSE_MILLIS = 5;

  private Await() {}

  /** Waits {@link #PATIENCE} for a condition. */
  public static void until(String what, Callable<Boolean> condition) {
    until(what, PATIENCE, condition);
  }

  /**
   * Waits for a condition.
   *
   * @param what the condition, for the failure message
   * @param patience how long
   * @param condition an exception counts as false, and is the cause of the failure
   */
  public static void until(String what, Duration patience, Callable<Boolean> condition) {
    until(what, patience, condition, () -> "");
  }

  /**
   * Waits for a condition.
   *
   * @param explain added to the failure message
   */
  public static void until(
      String what, Duration patience, Callable<Boolean> condition, Supplier<String> explain) {
    value(
        what,
        patience,
        () -> condition.call() ? Optional.of(Boolean.TRUE) : Optional.empty(),
        explain);
  }

  /** Waits {@link #PATIENCE} for a value. */
  public static <T> T value(String what, Callable<Optional<T>> look) {
    return value(what, PATIENCE, look, () -> "");
  }

  /** Waits for a value. */
  public static <T> T value(
      String what, Duration patience, Callable<Optional<T>> look, Supplier<String> explain) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      Exception thrown = null;
      try {
        Optional<T> found = look.call();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (Exception e) {
        thrown = e;
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new AssertionError(
            "not within " + patience.toMillis() + " ms: " + what + " " + explain.get(), thrown);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
