package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two hundred images are mounted, used, idle and unmounted again and again, while threads read
 * them. {@code -Dlazymount.churn.seconds=60} runs it for a minute.
 */
class ChurnIT {
  private static final int NAMES = 200;

  /** The number of names in use at a time, a window that moves over all names. */
  private static final int IN_USE = 20;

  private static final int SECONDS = Integer.getInteger("lazymount.churn.seconds", 12);

  /** The time in which each name is in use once. */
  private static final Duration ROUND = Duration.ofSeconds(10);

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final long PAUSE_NANOS = 200_000;

  private final LongAdder originals = new LongAdder();
  private final LongAdder images = new LongAdder();
  private Site site;
  private List<String> names;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    names = site.compilers(NAMES);
  }

  @AfterEach
  void close() {
    site.close();
  }

  /** Reads one of the names in use: the original or the image, never an error. */
  private void read(long start) throws IOException {
    long position = (System.nanoTime() - start) % ROUND.toNanos() * NAMES / ROUND.toNanos();
    int name = (int) (position + ThreadLocalRandom.current().nextInt(IN_USE)) % NAMES;
    String version = site.versionHere(names.get(name));
    assertTrue(version.equals(Site.ORIGINAL) || version.equals(Site.IMAGE), version);
    (version.equals(Site.IMAGE) ? images : originals).increment();
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void noReadFailsWhileImagesComeAndGo() throws Exception {
    DaemonProcess daemon =
        site.start("idle.unmount-after=1s", "trace.window=100ms", "mount.retry=100ms");
    long start = System.nanoTime();
    long end = start + Duration.ofSeconds(SECONDS).toNanos();
    try (ConcurrentReaders readers = new ConcurrentReaders(3, reader -> read(start))) {
      Await.until(
          "the time is over",
          Duration.ofSeconds(SECONDS).plus(LONG),
          () -> System.nanoTime() - end >= 0);
      // Closing the readers fails if a read failed or returned something else.
    }

    long most = NAMES * Math.max(1, SECONDS / ROUND.toSeconds());
    Await.until("nothing is mounted", LONG, () -> Kernel.mountsBelow(site.root()).isEmpty());
    Await.until("no loop device is left", LONG, () -> Kernel.loopsBelow(site.folder()).isEmpty());
    // The kernel unmounts first, then the daemon logs it, then the status shows it.
    daemon.await(
        "status shows the last unmount", LONG, () -> daemon.status().images().mounted() == 0);
    long mounted = lines(daemon, ": mounted from ");
    long unmounted = lines(daemon, ": unmounted: unused for ");
    System.out.printf(
        "%d s over %d names: %d mounts, %d expiries, %d reads of originals, %d of images, 0"
            + " failed%n",
        SECONDS, NAMES, mounted, unmounted, originals.sum(), images.sum());
    assertEquals(mounted, unmounted);
    assertTrue(mounted >= most / 4, mounted + " mounts of " + most);
    assertEquals(0, daemon.status().images().failed());
    assertTrue(images.sum() > 0, "no image was ever read");
    for (String name : names) {
      assertEquals(Site.ORIGINAL, site.versionHere(name));
    }
  }

  private static long lines(DaemonProcess daemon, String text) {
    return daemon.log().lines().filter(line -> line.contains(text)).count();
  }
}
