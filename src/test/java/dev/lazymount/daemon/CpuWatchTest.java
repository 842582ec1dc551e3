package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a CPU restarts the trace. */
final class CpuWatchTest {
  private static final Map<Integer, Long> ONE = Map.of(0, 1L);
  private static final Map<Integer, Long> TWO = Map.of(0, 1L, 1, 1L);

  private long now = Long.MAX_VALUE - 1000;
  private final CpuWatch watch = new CpuWatch(() -> now);

  private void pass(Duration time) {
    now += time.toNanos();
  }

  /** A trace that runs with these CPUs. */
  private void traced(Map<Integer, Long> online) {
    watch.look(online);
    watch.started();
  }

  @Test
  void cpuThatComesOnlineRestartsTheTraceOnce() {
    traced(ONE);
    assertEquals(Set.of(), watch.look(ONE));
    assertEquals(Set.of(1), watch.look(TWO));
    assertEquals(Set.of(), watch.look(TWO), "the restart is in progress");
    watch.started();
    pass(Duration.ofHours(1));
    assertEquals(Set.of(), watch.look(TWO));
  }

  @Test
  void cpuThatGoesNeedsNoRestart() {
    traced(TWO);
    assertEquals(Set.of(), watch.look(ONE));
  }

  @Test
  void cpuThatComesBackRestartsTheTrace() {
    traced(TWO);
    watch.look(ONE);
    assertEquals(Set.of(1), watch.look(TWO));
  }

  @Test
  void cpuThatWasAwayBetweenTwoLooksRestartsTheTrace() {
    traced(TWO);
    assertEquals(Set.of(1), watch.look(Map.of(0, 1L, 1, 2L)));
  }

  @Test
  void noTraceNoRestart() {
    assertEquals(Set.of(), watch.look(ONE));
    assertEquals(Set.of(), watch.look(TWO));
    watch.started();
    watch.stopped();
    assertEquals(Set.of(), watch.look(ONE));
    assertEquals(Set.of(), watch.look(TWO));
  }

  @Test
  void secondCpuFollowsWithinSeconds() {
    traced(ONE);
    watch.look(TWO);
    watch.started();
    Map<Integer, Long> three = Map.of(0, 1L, 1, 1L, 2, 1L);
    pass(CpuWatch.INTERVAL);
    assertEquals(Set.of(), watch.look(three));
    pass(CpuWatch.INTERVAL);
    assertEquals(Set.of(2), watch.look(three));
  }

  @Test
  void flappingCpuDoesNotRestartTheTraceInALoop() {
    traced(TWO);
    int restarts = 0;
    for (long look = 2; look < 2 + 1800; look++) {
      pass(CpuWatch.INTERVAL);
      if (!watch.look(Map.of(0, 1L, 1, look)).isEmpty()) {
        restarts++;
        watch.started();
      }
    }
    assertTrue(restarts >= 5 && restarts <= 14, restarts + " restarts in an hour");
  }

  @Test
  void quietTimeMakesThePauseShortAgain() {
    traced(ONE);
    for (long back = 1; back < 8; back++) {
      pass(Duration.ofMinutes(20));
      assertEquals(Set.of(1), watch.look(Map.of(0, 1L, 1, back)));
      watch.started();
    }
    pass(Duration.ofSeconds(4));
    assertEquals(Set.of(1), watch.look(Map.of(0, 1L, 1, 99L)));
  }
}
