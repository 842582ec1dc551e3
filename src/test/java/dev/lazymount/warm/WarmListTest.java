package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which compilers come first. */
class WarmListTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);

  private final WarmList list = new WarmList();

  private List<String> ranking(Instant now) {
    return list.ranking(new WarmList(), now);
  }

  private double score(String name, Instant now) {
    return list.sorted(now).stream()
        .filter(entry -> entry.getKey().equals(name))
        .findFirst()
        .orElseThrow()
        .getValue()
        .at(now);
  }

  private void usedForHours(String name, int hours, Instant last) {
    for (int i = hours - 1; i >= 0; i--) {
      list.used(name, last.minus(HOUR.multipliedBy(i)));
    }
  }

  @Test
  void anHourOfUseCountsOnceHoweverOftenThatIs() {
    assertTrue(list.used("gcc", NOON));
    assertFalse(list.used("gcc", NOON.plusSeconds(1)));
    assertFalse(list.used("gcc", NOON.plus(HOUR).minusNanos(1)));
    assertEquals(1, score("gcc", NOON), 1e-9);
    assertTrue(list.used("gcc", NOON.plus(HOUR)));
    assertEquals(2, score("gcc", NOON.plus(HOUR)), 0.01);
  }

  @Test
  void aWeekLaterItCountsHalf() {
    list.used("gcc", NOON);
    assertEquals(0.5, score("gcc", NOON.plus(Duration.ofDays(7))), 1e-9);
    list.used("gcc", NOON.plus(Duration.ofDays(7)));
    assertEquals(1.5, score("gcc", NOON.plus(Duration.ofDays(7))), 1e-9);
  }

  @Test
  void whatIsUsedEveryDayComesBeforeWhatWasUsedMuchLongAgo() {
    usedForHours("once", 20, NOON.minus(Duration.ofDays(60)));
    for (int day = 6; day >= 0; day--) {
      list.used("daily", NOON.minus(Duration.ofDays(day)));
    }
    list.used("today", NOON);
    assertEquals(List.of("daily", "today", "once"), ranking(NOON));
  }

  @Test
  void usedEveryHourForYearsItStaysBelowTheHighest() {
    usedForHours("gcc", 3 * 365 * 24, NOON);
    assertEquals(243, score("gcc", NOON), 1);
    assertTrue(score("gcc", NOON) < WarmList.HIGHEST);
  }

  @Test
  void aClockThatWasSetBackChangesNothing() {
    list.used("gcc", NOON);
    assertFalse(list.used("gcc", NOON.minus(Duration.ofDays(1))));
    assertEquals(1, score("gcc", Instant.EPOCH), 1e-9);
  }

  @Test
  void theLeastUsedMakesRoomAndNotTheNewest() {
    for (int i = 0; i < WarmList.MOST; i++) {
      usedForHours("gcc-" + i, i == 7 ? 1 : 2, NOON);
    }
    list.used("new", NOON.plus(HOUR));
    assertEquals(WarmList.MOST, list.size());
    assertTrue(list.contains("new"));
    assertFalse(list.contains("gcc-7"));
  }

  @Test
  void aNameOfTwoListsCountsAsWhereItHasMore() {
    WarmList seed = new WarmList();
    usedForHours("gcc", 3, NOON);
    usedForHours("clang", 2, NOON);
    seed.put("clang", new WarmList.Entry(5, NOON));
    seed.put("gcc", new WarmList.Entry(1, NOON));
    seed.put("tcc", new WarmList.Entry(4, NOON));
    assertEquals(List.of("clang", "tcc", "gcc"), list.ranking(seed, NOON));
    assertEquals(2, list.size(), "the list itself is its own");
  }

  @Test
  void amongEqualsTheOrderOfTheSeedDecides() {
    WarmList seed = new WarmList();
    for (String name : List.of("z", "a", "m")) {
      seed.put(name, new WarmList.Entry(1, NOON));
    }
    assertEquals(List.of("z", "a", "m"), list.ranking(seed, NOON));
  }
}
