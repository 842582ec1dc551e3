package dev.lazymount.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditDistanceTest {
  @ParameterizedTest
  @CsvSource({
    "gcc-15, gcc-15, 0",
    "'', '', 0",
    "'', abc, 3",
    "gcc-15, gcc-14, 1",
    "gcc-15, gcc15, 1",
    "gcc-15, gcc--15, 1",
    "gcc-15, cgc-15, 1",
    "kitten, sitting, 3",
    "ca, abc, 3",
  })
  void countsInsertedRemovedReplacedAndSwapped(String a, String b, int expected) {
    assertEquals(expected, EditDistance.of(a, b));
    assertEquals(expected, EditDistance.of(b, a));
  }

  @Test
  void aDistanceAboveTheLimitIsOneMoreThanTheLimit() {
    assertEquals(3, EditDistance.atMost("kitten", "sitting", 3));
    assertEquals(3, EditDistance.atMost("kitten", "sitting", 2));
    assertEquals(1, EditDistance.atMost("a", "a-long-text", 0));
    assertEquals(1, EditDistance.atMost("abcdefgh", "badcfehg", 0));
  }

  @Test
  void aLimitNeverChangesADistanceWithinIt() {
    Random random = new Random(11);
    for (int round = 0; round < 2_000; round++) {
      String a = text(random);
      String b = text(random);
      int exact = EditDistance.of(a, b);
      for (int limit = 0; limit <= 8; limit++) {
        assertEquals(
            Math.min(exact, limit + 1),
            EditDistance.atMost(a, b, limit),
            a + " " + b + " " + limit);
      }
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(8); left > 0; left--) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }
}
