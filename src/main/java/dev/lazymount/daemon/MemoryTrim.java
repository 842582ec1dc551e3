package dev.lazymount.daemon;

import dev.lazymount.linux.ResidentMemory;
import dev.lazymount.state.DaemonState;
import dev.lazymount.state.DaemonStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.LoggerFactory;

/**
 * Keeps the daemon small at rest: a minute after the last mount, what that and the start needed is
 * given back. It costs a pause of some milliseconds when nobody wants anything, and an idle daemon
 * does it once.
 */
final class MemoryTrim {
  /** How often it is looked whether the start is over. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMinutes(1);

  private MemoryTrim() {}

  /** Blocks this thread until {@code end} comes, whatever it comes with. */
  static void until(Future<?> end, DaemonStatus status) throws InterruptedException {
    long trimmed = -1;
    long before = 0;
    Duration pause = FIRST;
    while (!isEnd(end, pause)) {
      if (status.state() == DaemonState.STARTING) {
        continue;
      }
      long mounts = status.counters().mounts.sum();
      if (mounts != trimmed && (mounts == before || trimmed < 0)) {
        trim();
        trimmed = mounts;
      }
      before = mounts;
      pause = LOOK;
    }
  }

  private static boolean isEnd(Future<?> end, Duration pause) throws InterruptedException {
    try {
      end.get(pause.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static void trim() {
    // The heap is some megabytes: this takes about as long as one mount.
    System.gc();
    try {
      ResidentMemory.release();
    } catch (IOException e) {
      LoggerFactory.getLogger(MemoryTrim.class).debug("memory: {}", e.getMessage());
    }
  }
}
