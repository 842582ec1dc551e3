package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MemoryReleaseTest {
  private long mounts;
  private int releases;
  private final MemoryRelease memory = new MemoryRelease(() -> mounts, () -> releases++);

  private int afterTicks(int ticks) {
    for (int i = 0; i < ticks; i++) {
      memory.tick();
    }
    return releases;
  }

  @Test
  void startIsReleasedWhenNothingIsMounted() {
    assertEquals(1, afterTicks(1));
  }

  @Test
  void nothingIsReleasedWhileImagesAreMounted() {
    for (int i = 0; i < 5; i++) {
      mounts += 10;
      assertEquals(0, afterTicks(1));
    }
    assertEquals(1, afterTicks(1));
    assertEquals(1, afterTicks(5), "nothing has happened since");
  }

  @Test
  void atRestItIsReleasedNowAndThen() {
    assertEquals(3, afterTicks(41));
  }

  @Test
  void endOfTheActorsEndsIt() {
    CompletableFuture<Void> failed = CompletableFuture.failedFuture(new IllegalStateException());
    assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> MemoryRelease.until(failed, () -> mounts));
  }
}
