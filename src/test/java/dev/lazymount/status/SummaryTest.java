package dev.lazymount.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.config.Settings;
import dev.lazymount.support.SynchronousTestKit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log line of each interval. */
final class SummaryTest {
  private static final Duration INTERVAL = Duration.ofMinutes(10);

  private final SynchronousTestKit stage = new SynchronousTestKit();
  private final DaemonStatus status = new DaemonStatus();
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void start() {
    status.catalog(53, 1, 10, null);
    status.counters().seen.add(1000);
    stage.kit().spawn(SummaryActor.create(status, INTERVAL, lines::add));
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private void mounted(String name) {
    Instant now = Instant.now();
    status
        .mounts()
        .put(MountStatus.of(name, name, name).mounted(now, "/dev/loop0", 1.0, null, null).build());
  }

  @Test
  void intervalWithoutEventsHasNoLine() {
    stage.pass(INTERVAL.multipliedBy(100));
    assertEquals(List.of(), lines);
  }

  @Test
  void eachEventIsInOneLineOnly() {
    var counters = status.counters();
    counters.seen.add(1234);
    counters.lost.add(3);
    counters.unknown.add(12);
    counters.bypasses.add(7);
    counters.mounts.add(4);
    counters.warmed.add(1);
    counters.failures.add(2);
    counters.quarantines.add(1);
    mounted("gcc");
    status
        .mounts()
        .put(
            MountStatus.of("bad", "bad", "bad")
                .state(MountState.QUARANTINED, Instant.now(), "cut off")
                .build());
    stage.pass(INTERVAL.minusMillis(1));
    assertEquals(List.of(), lines);
    stage.pass(Duration.ofMillis(1));
    stage.pass(INTERVAL);
    assertEquals(
        List.of(
            "in the last 10 min: 1234 accesses, 3 lost events, 12 accesses matched no image,"
                + " 7 accesses to the originals of mounted images,"
                + " 4 images mounted (1 for the warm list), 2 mounts failed (1 quarantined);"
                + " now 1 of 53 images mounted, 1 quarantined"),
        lines);
    counters.restarts.increment();
    stage.pass(INTERVAL);
    assertEquals(
        "in the last 10 min: 1 restart of the trace; now 1 of 53 images mounted, 1 quarantined",
        lines.get(1));
  }

  @Test
  void observeModeCountsWhatImagesWouldHaveServed() {
    status.mode(Settings.Mode.OBSERVE);
    status.counters().seen.add(50);
    status.counters().wouldMount.add(3);
    status.counters().wouldServe.add(47);
    stage.pass(INTERVAL);
    assertEquals(
        List.of(
            "in the last 10 min: 50 accesses, 3 images would have been mounted,"
                + " 47 accesses would have been served from an image;"
                + " now 0 of 53 images mounted, mode observe"),
        lines);
  }
}
