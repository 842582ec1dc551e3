package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How compilers are ranked. */
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

  /** Uses it in so many hours, one after the other, the last of which is this. */
  private void usedForHours(String name, int hours, Instant last) {
    for (int i = hours - 1; i >= 0; i--) {
      list.nextHour();
      list.used(name, last.minus(HOUR.multipliedBy(i)));
    }
  }

  @Test
  void hourOfUseCountsOnce() {
    assertTrue(list.used("gcc", NOON));
    assertFalse(list.used("gcc", NOON.plusSeconds(1)));
    assertEquals(1, score("gcc", NOON), 1e-9);
    list.nextHour();
    assertTrue(list.used("gcc", NOON.plus(HOUR)));
    assertEquals(2, score("gcc", NOON.plus(HOUR)), 0.01);
  }

  @Test
  void useCountsHalfAfterAWeek() {
    list.used("gcc", NOON);
    assertEquals(0.5, score("gcc", NOON.plus(Duration.ofDays(7))), 1e-9);
    list.nextHour();
    list.used("gcc", NOON.plus(Duration.ofDays(7)));
    assertEquals(1.5, score("gcc", NOON.plus(Duration.ofDays(7))), 1e-9);
  }

  @Test
  void dailyUseRanksBeforeMuchUseLongAgo() {
    usedForHours("once", 20, NOON.minus(Duration.ofDays(60)));
    for (int day = 6; day >= 0; day--) {
      list.nextHour();
      list.used("daily", NOON.minus(Duration.ofDays(day)));
    }
    list.used("today", NOON);
    assertEquals(List.of("daily", "today", "once"), ranking(NOON));
  }

  @Test
  void constantUseStaysBelowMaxScore() {
    usedForHours("gcc", 3 * 365 * 24, NOON);
    assertEquals(243, score("gcc", NOON), 1);
    assertTrue(score("gcc", NOON) < WarmList.MAX_SCORE);
  }

  @Test
  void useCountsAfterTheClockWasSetBack() {
    list.used("gcc", NOON);
    Instant yearBefore = NOON.minus(Duration.ofDays(365));
    list.nextHour();
    assertTrue(list.used("gcc", yearBefore));
    assertEquals(2, score("gcc", yearBefore), 1e-9);
    assertEquals(1, score("gcc", yearBefore.plus(WarmList.HALF_LIFE)), 1e-9, "ages from then on");
  }

  @Test
  void lowestScoreMakesRoomForANewName() {
    for (int i = 0; i < WarmList.MAX_NAMES; i++) {
      usedForHours("gcc-" + i, i == 7 ? 2 : 3, NOON);
    }
    list.used("new", NOON.plus(HOUR));
    assertEquals(WarmList.MAX_NAMES, list.size());
    assertTrue(list.contains("new"));
    assertFalse(list.contains("gcc-7"));
  }

  @Test
  void nameInBothListsHasTheHigherScore() {
    WarmList seed = new WarmList();
    usedForHours("gcc", 3, NOON);
    usedForHours("clang", 2, NOON);
    seed.put("clang", new WarmList.Entry(5, NOON));
    seed.put("gcc", new WarmList.Entry(1, NOON));
    seed.put("tcc", new WarmList.Entry(4, NOON));
    assertEquals(List.of("clang", "tcc", "gcc"), list.ranking(seed, NOON));
    assertEquals(2, list.size(), "the seed is not merged into the list");
  }

  @Test
  void equalScoresKeepTheOrderOfTheSeed() {
    WarmList seed = new WarmList();
    for (String name : List.of("z", "a", "m")) {
      seed.put(name, new WarmList.Entry(1, NOON));
    }
    assertEquals(List.of("z", "a", "m"), list.ranking(seed, NOON));
  }
}
