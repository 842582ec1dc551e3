package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * kill -9 at random moments of a storm over three hundred compilers, each followed by a restart.
 * {@code ./dev kills} runs a hundred rounds, a plain test run a few; {@code -Dlazymount.kill.seed}
 * chooses other moments.
 */
class KillIT {
  private static final int NAMES = 300;
  private static final int ROUNDS = Integer.getInteger("lazymount.kill.rounds", 3);
  private static final long SEED = Long.getLong("lazymount.kill.seed", System.nanoTime());

  /** About as long as a daemon takes to start, and its first mounts. */
  private static final int START_MILLIS = 3000;

  private static final long PAUSE_NANOS = 200_000;
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Path SUMMARY = Path.of("target/kills.txt");

  private final Random random = new Random(SEED);
  private final LongAdder reads = new LongAdder();
  private Site site;
  private List<String> names;

  @BeforeEach
  void open() throws IOException {
    Files.deleteIfExists(SUMMARY);
    site = Site.create();
    names = site.compilers(NAMES);
  }

  @AfterEach
  void close() {
    site.close();
  }

  /** Every read, at any time, is served from the original or the image. */
  private void read(int reader) throws IOException {
    List<String> shuffled = new ArrayList<>(names);
    Collections.shuffle(shuffled);
    for (String name : shuffled) {
      String version = site.versionHere(name);
      assertTrue(version.equals(Site.ORIGINAL) || version.equals(Site.IMAGE), version);
      reads.increment();
      // The storm is over in a moment; after that the processors are the daemon's.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS)
  void killedAtRandomMomentsAndRestarted() throws Exception {
    int early = 0;
    int amid = 0;
    int late = 0;
    try (ConcurrentReaders storm = new ConcurrentReaders(1, this::read)) {
      for (int round = 1; round <= ROUNDS; round++) {
        DaemonProcess victim = site.launch(Map.of(), "trace.window=100ms");
        awaitAMoment(round);
        victim.kill();
        long left = assertNothingStackedOrLeaked();
        early += left == 0 ? 1 : 0;
        late += left == NAMES ? 1 : 0;
        amid += left > 0 && left < NAMES ? 1 : 0;

        DaemonProcess next = site.launch(Map.of(), "trace.window=100ms");
        next.await("all are mounted", LONG, () -> next.status().images().mounted() == NAMES);
        assertEquals(NAMES, assertNothingStackedOrLeaked());
        storm.await(1);
        next.kill();
        System.out.println("round " + round + ": killed with " + left + " mounted, all is well");
        if (round < ROUNDS) {
          unmountAll();
        }
      }
    }
    for (String name : names) {
      assertEquals(Site.IMAGE, site.versionHere(name));
      assertEquals(1, site.mountsOn(name));
    }
    Files.writeString(
        SUMMARY,
        String.format(
            "%d rounds over %d names, seed %d: killed %d times before the first mount, %d times"
                + " amid the storm, %d times after the last mount; each restarted, and killed"
                + " again.%n0 stacked mounts, 0 leaked loop devices, 0 unreadable paths in %d"
                + " reads, %d of %d mounted in the end%n",
            ROUNDS, NAMES, SEED, early, amid, late, reads.sum(), mounts().size(), NAMES));
  }

  /** Two of three rounds by how many are mounted, as the storm itself is short; others by time. */
  private void awaitAMoment(int round) {
    if (round % 3 == 0) {
      long at = System.nanoTime() + random.nextInt(START_MILLIS) * 1_000_000L;
      Await.until("the time has come", LONG, () -> System.nanoTime() - at >= 0);
    } else {
      int enough = random.nextInt(NAMES);
      Await.until(enough + " mounts", LONG, () -> mounts().size() >= enough);
    }
  }

  /** Of the mounts that a killed daemon left; returns how many. */
  private long assertNothingStackedOrLeaked() {
    Await.until("its bpftrace is gone", () -> site.bpftraces().size() <= 1);
    List<String> targets = mounts().stream().map(MountInfo::target).toList();
    assertEquals(targets.size(), targets.stream().distinct().count(), "stacked, seed " + SEED);
    awaitNoLeak();
    return targets.size();
  }

  private List<MountInfo> mounts() {
    return Kernel.mountsBelow(site.root());
  }

  private void unmountAll() throws Exception {
    for (String name : names) {
      Mounts.detach(site.root(name).toString());
    }
    awaitNoLeak();
  }

  private void awaitNoLeak() {
    Await.until(
        "no loop device without a mount, seed " + SEED,
        LONG,
        () -> Kernel.leakedLoopsBelow(site.folder()).isEmpty(),
        () -> Kernel.leakedLoopsBelow(site.folder()).toString());
  }
}
