package dev.lazymount.daemon;

import dev.lazymount.linux.ResidentMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.LoggerFactory;

/**
 * Keeps the daemon small at rest: when nothing has been mounted for half a minute, memory that only
 * the start or a storm of mounts needed is released. Without it, a quarter more is resident ({@code
 * ./dev bench start}).
 */
final class MemoryRelease {
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  /** Scans and requests make some pages resident again: so many intervals later, once more. */
  private static final int AGAIN = 20;

  private final LongSupplier mounts;
  private final Runnable release;
  private long before;
  private long released = -1;
  private int rest;

  /**
   * For a daemon.
   *
   * @param mounts how many there were since the start
   * @param release releases memory
   */
  MemoryRelease(LongSupplier mounts, Runnable release) {
    this.mounts = mounts;
    this.release = release;
  }

  /** Blocks until {@code end} is complete, with or without an error, and releases meanwhile. */
  static void until(Future<?> end, LongSupplier mounts) throws InterruptedException {
    MemoryRelease release = new MemoryRelease(mounts, MemoryRelease::release);
    while (!isEnd(end)) {
      release.tick();
    }
  }

  private static boolean isEnd(Future<?> end) throws InterruptedException {
    try {
      end.get(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** Another interval has passed. */
  void tick() {
    long now = mounts.getAsLong();
    rest = now == before ? rest + 1 : 0;
    if (now == before && (now != released || rest % AGAIN == 0)) {
      release.run();
      released = now;
    }
    before = now;
  }

  private static void release() {
    // The heap has a few megabytes, so this takes about as long as a mount.
    System.gc();
    try {
      ResidentMemory.release();
    } catch (IOException e) {
      LoggerFactory.getLogger(MemoryRelease.class).debug("memory: {}", e.getMessage());
    }
  }
}
