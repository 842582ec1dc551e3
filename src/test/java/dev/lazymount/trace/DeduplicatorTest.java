package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.Access;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class DeduplicatorTest {
  private static final Duration WINDOW = Duration.ofSeconds(1);

  private final Deduplicator deduplicator = new Deduplicator(1000, WINDOW);
  private long now = -5_000_000_000L;

  @Test
  void eachPathIsReportedOncePerWindow() {
    assertEquals(List.of("/a", "/b"), fresh(false, "/a", "/b", "/a"));
    assertEquals(List.of("/c"), fresh(false, "/b", "/c", "/a"));
    assertEquals(List.of("/b"), fresh(true, "/b"));
    assertEquals(List.of("/a"), fresh(false, "/b", "/a"));
  }

  @Test
  void windowEndsWithABatchWithoutAccesses() {
    fresh(false, "/a");
    fresh(true);
    assertEquals(List.of("/a"), fresh(false, "/a"));
  }

  /** Idle windows have no tick. */
  @Test
  void windowAlsoEndsByTheClock() {
    fresh(false, "/a");
    assertEquals(List.of("/b"), fresh(true, "/b"));
    now += WINDOW.toNanos() - 1;
    assertEquals(List.of(), fresh(false, "/b"));
    now += 1;
    assertEquals(List.of("/b", "/a"), fresh(false, "/b", "/a"));
    assertEquals(List.of(), fresh(false, "/b", "/a"));
  }

  @Test
  void windowBeginsWithItsFirstAccess() {
    now += 10 * WINDOW.toNanos();
    fresh(false, "/a");
    now += WINDOW.toNanos() - 1;
    assertEquals(List.of(), fresh(false, "/a"));
  }

  @Test
  void reachedLimitForgetsAll() {
    String[] many = IntStream.range(0, 1000).mapToObj(i -> "/" + i).toArray(String[]::new);
    assertEquals(1000, fresh(false, many).size());
    assertEquals(List.of("/next", "/0"), fresh(false, "/next", "/0", "/next"));
  }

  @Test
  void millionPathsAreAllReported() {
    int reported = 0;
    for (int batch = 0; batch < 1000; batch++) {
      int from = batch * 1000;
      reported +=
          fresh(
                  false,
                  IntStream.range(from, from + 1000).mapToObj(i -> "/" + i).toArray(String[]::new))
              .size();
    }
    assertEquals(1_000_000, reported);
    assertEquals(List.of("/0"), fresh(false, "/0"));
  }

  private List<String> fresh(boolean newWindow, String... paths) {
    List<Access> accesses =
        Stream.of(paths).map(path -> new Access(path, 1, "sh", "openat", 0)).toList();
    return deduplicator
        .fresh(new TraceBatch(accesses, List.of(), List.of(), 0, 0, List.of(), newWindow), now)
        .stream()
        .map(Access::path)
        .toList();
  }
}
