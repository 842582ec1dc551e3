package dev.lazymount.daemon;

import dev.lazymount.linux.ResidentMemory;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.LoggerFactory;

/**
 * Keeps the daemon small at rest: a minute after the last mount, what that and the start needed is
 * given back, and from then on, more and more rarely, what was touched since. It costs a pause of
 * some milliseconds when nobody wants anything.
 */
final class MemoryTrim {
  /** How often it is looked whether the start is over. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMinutes(1);

  /** Less is not worth the look at what it is. */
  private static final long MARGIN_PAGES = 1024;

  private MemoryTrim() {}

  /** Blocks this thread until {@code end} comes, whatever it comes with. */
  static void until(Future<?> end, DaemonStatus status) throws InterruptedException {
    long trimmed = -1;
    long before = 0;
    long left = 0;
    int quiet = 0;
    Duration pause = FIRST;
    while (!isEnd(end, pause)) {
      if (status.state() == DaemonState.STARTING) {
        continue;
      }
      long mounts = status.counters().mounts.sum();
      if (mounts != trimmed && (mounts == before || trimmed < 0)) {
        // The heap is some megabytes: this takes about as long as one mount.
        System.gc();
        left = release();
        trimmed = mounts;
        quiet = 0;
      } else if (mounts == trimmed
          && isTimeAgain(++quiet)
          && ResidentMemory.pages() > left + MARGIN_PAGES) {
        // A scan now and then brings back more of the class archive than it needs: the kernel maps
        // sixteen pages for each one that is touched.
        left = release();
      }
      before = mounts;
      pause = LOOK;
    }
  }

  /**
   * After one look, two, four, eight, and then each sixteenth: each time costs some milliseconds.
   */
  private static boolean isTimeAgain(int quiet) {
    return quiet % 16 == 0 || (quiet < 16 && Integer.bitCount(quiet) == 1);
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

  /** Releases, and says how many pages are left. */
  private static long release() {
    try {
      ResidentMemory.release();
    } catch (IOException e) {
      LoggerFactory.getLogger(MemoryTrim.class).debug("memory: {}", e.getMessage());
    }
    return ResidentMemory.pages();
  }
}
