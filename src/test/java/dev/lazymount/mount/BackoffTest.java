package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private final Backoff backoff =
      new Backoff(() -> Duration.ofSeconds(1), () -> Duration.ofSeconds(300));

  @Test
  void pausesDoubleUpToTheLongest() {
    for (int expected = 1; expected < 300; expected *= 2) {
      assertPause(expected);
    }
    for (int i = 0; i < 10_000; i++) {
      assertPause(300);
    }
  }

  @Test
  void resetStartsWithTheFirstPause() {
    assertPause(1);
    assertPause(2);
    backoff.reset();
    assertPause(1);
  }

  @Test
  void pausesHaveJitter() {
    Set<Duration> pauses = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      pauses.add(new Backoff(() -> Duration.ofSeconds(1), () -> Duration.ofSeconds(300)).next());
    }
    assertTrue(pauses.size() > 10, pauses::toString);
  }

  private void assertPause(int seconds) {
    long millis = backoff.next().toMillis();
    assertTrue(millis >= seconds * 1000L && millis <= seconds * 1200L, () -> millis + " ms");
  }
}
