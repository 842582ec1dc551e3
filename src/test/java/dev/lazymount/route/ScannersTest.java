package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lazymount.config.Settings;
import dev.lazymount.status.Scanner;
import dev.lazymount.status.ScannerBoard;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Which processes count as walking the tree, and what is done with their accesses. */
final class ScannersTest extends RouterFixture {
  private static final int LIMIT = 5;
  private static final int IMAGES = 40;
  private static final Duration QUIET = Scanners.QUIET;

  private Routed router;

  @BeforeEach
  void useASmallLimit() {
    live = new RouteSettings(LIMIT, Optional.empty());
    router =
        router().images(IntStream.range(0, IMAGES).mapToObj(i -> "c" + i).toArray(String[]::new));
  }

  private void use(int pid, String comm, int from, int to) {
    router.accesses(
        pid,
        comm,
        IntStream.range(from, to).mapToObj(i -> "/ce/c" + i + "/f").toArray(String[]::new));
    mounting.runAll();
  }

  private long ignored() {
    return status.counters().scannerAccesses.sum();
  }

  @Test
  void mountsUpToTheLimitAndNothingMore() {
    use(123, "grep", 0, IMAGES);
    assertEquals(LIMIT, mounter.names().size());
    assertEquals(1, status.counters().scanners.sum());
    assertEquals(IMAGES - LIMIT, ignored());
    Scanner shown = status.scanners().get(0);
    assertEquals("grep", shown.comm());
    assertEquals(123, shown.pid());
    assertEquals(IMAGES - LIMIT, shown.ignored());
  }

  @Test
  void otherProcessesStillMount() {
    use(123, "grep", 0, 20);
    use(124, "gcc", 20, 21);
    assertTrue(mounter.names().contains("c20"));
  }

  @Test
  void aBuildOfManyProcessesIsNoScanner() {
    for (int i = 0; i < IMAGES; i++) {
      use(1000 + i, "gcc", i, i + 1);
    }
    assertEquals(IMAGES, mounter.names().size());
    assertEquals(List.of(), status.scanners());
  }

  @Test
  void manyAccessesToFewImagesAreNoScan() {
    for (int i = 0; i < 100; i++) {
      use(123, "make", 0, LIMIT);
    }
    assertEquals(0, status.counters().scanners.sum());
  }

  @Test
  void aSlowProcessIsNoScanner() {
    for (int i = 0; i < IMAGES; i++) {
      use(123, "node", i, i + 1);
      pass(Scanners.WINDOW.dividedBy(LIMIT));
    }
    assertEquals(IMAGES, mounter.names().size());
    assertEquals(0, status.counters().scanners.sum());
  }

  @Test
  void aScannerThatPausesIsStillOne() {
    use(123, "grep", 0, 10);
    pass(QUIET.minusSeconds(1));
    use(123, "grep", 10, 11);
    pass(QUIET.minusSeconds(1));
    use(123, "grep", 11, 12);
    assertEquals(LIMIT, mounter.names().size());
  }

  @Test
  void aScannerThatWasQuietMountsAgain() {
    use(123, "grep", 0, 10);
    pass(QUIET);
    use(123, "grep", 10, 11);
    assertTrue(mounter.names().contains("c10"));
  }

  /** The kernel gives the pid of an ended process to another one. */
  @Test
  void aReusedPidIsAnotherProcess() {
    use(123, "grep", 0, 10);
    pass(Scanners.WINDOW);
    use(123, "gcc", 10, 11);
    assertTrue(mounter.names().contains("c10"));
  }

  @Test
  void aNewThreadNameDoesNotHideAScanner() {
    use(123, "grep", 0, 10);
    use(123, "gcc", 10, 11);
    assertEquals(LIMIT, mounter.names().size());
  }

  @Test
  void offDisablesIt() {
    live = new RouteSettings(0, Optional.empty());
    use(123, "grep", 0, IMAGES);
    assertEquals(IMAGES, mounter.names().size());
  }

  @Test
  void aScannerDoesNotCountInObserveMode() {
    router.mode(Settings.Mode.OBSERVE);
    use(123, "grep", 0, IMAGES);
    assertEquals(LIMIT, status.counters().wouldMount.sum());
  }

  @Test
  void aScannerIsKnownAmongManyOtherProcesses() {
    use(123, "grep", 0, 10);
    for (int pid = 1000; pid < 1000 + Scanners.MOST_PROCESSES - 1; pid++) {
      use(pid, "sh", 0, 1);
    }
    use(123, "grep", 10, 11);
    assertEquals(LIMIT, mounter.names().size());
  }

  @Test
  void logsOneLineAndNotOneForEachOfManyScanners() {
    Logger log = (Logger) LoggerFactory.getLogger(Router.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    log.addAppender(lines);
    for (int pid = 1000; pid < 1100; pid++) {
      use(pid, "grep", 0, 10);
    }
    pass(Scanners.WINDOW);
    use(2000, "du\n", 0, 10);
    log.detachAppender(lines);
    assertEquals(
        List.of(
            "grep[1000] walks the tree: it used more than 5 images within 10 s. Its accesses mount"
                + " nothing until it has been quiet for 1 min",
            "du?[2000] walks the tree: it used more than 5 images within 10 s. Its accesses mount"
                + " nothing until it has been quiet for 1 min (99 more scanners since the last such"
                + " line)"),
        lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    assertEquals(ScannerBoard.MOST, status.scanners().size());
  }

  /** Any local user can start processes. */
  @Test
  void theProcessQuietForLongestIsForgotten() {
    use(123, "grep", 0, 10);
    for (int pid = 1000; pid < 1000 + Scanners.MOST_PROCESSES; pid++) {
      use(pid, "sh", 0, 1);
    }
    use(123, "grep", 10, 11);
    assertTrue(mounter.names().contains("c10"));
  }
}
