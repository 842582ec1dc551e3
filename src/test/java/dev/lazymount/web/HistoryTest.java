package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.Counters;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private final Counters counters = new Counters();
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final History history = new History(counters, clock::get);

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
    history.tick();
  }

  @Test
  void beginsEmpty() {
    counters.seen.add(5);
    pass(Duration.ofMillis(9_999));
    assertEquals(List.of(), history.hour().events());
    assertEquals(10, history.hour().intervalSeconds());
  }

  @Test
  void countsWhatHappenedInEachInterval() {
    counters.seen.add(5);
    counters.mounts.add(2);
    pass(Duration.ofSeconds(10));
    counters.seen.add(1);
    counters.lost.add(7);
    counters.failures.add(3);
    pass(Duration.ofSeconds(6));
    pass(Duration.ofSeconds(5));
    pass(Duration.ofSeconds(9));
    History.Hour hour = history.hour();
    assertEquals(List.of(5L, 1L, 0L), hour.events());
    assertEquals(List.of(0L, 7L, 0L), hour.lost());
    assertEquals(List.of(2L, 0L, 0L), hour.mounts());
    assertEquals(List.of(0L, 3L, 0L), hour.failures());
  }

  @Test
  void keepsAnHourAndNoMore() {
    for (int i = 1; i <= 1000; i++) {
      counters.seen.add(i);
      pass(Duration.ofSeconds(10));
    }
    List<Long> events = history.hour().events();
    assertEquals(360, events.size());
    assertEquals(641, events.get(0));
    assertEquals(1000, events.get(359));
  }

  @Test
  void aPauseOfTheWholeProcessIsAGapAndNotALoop() {
    counters.seen.add(3);
    pass(Duration.ofSeconds(35));
    assertEquals(List.of(0L, 0L, 3L), history.hour().events());
    counters.seen.add(4);
    pass(Duration.ofDays(30));
    List<Long> events = history.hour().events();
    assertEquals(360, events.size());
    assertEquals(Collections.nCopies(359, 0L), events.subList(0, 359));
    assertEquals(4, events.get(359));
  }
}
