package dev.lazymount.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The bounds of what is kept of accesses to originals. */
final class BypassBoardTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private final BypassBoard board = new BypassBoard();

  @Test
  void imageReadLongestAgoIsForgotten() {
    for (int i = 0; i <= BypassBoard.MOST; i++) {
      board.add("c" + i, i, "cat", NOW);
    }
    assertEquals(BypassBoard.MOST, board.all(NOW).size());
    assertEquals(Optional.empty(), board.of("c0", NOW));
  }

  @Test
  void quietImageIsForgotten() {
    board.add("gcc", 7, "cat", NOW);
    board.add("clang", 7, "cat", NOW.plusSeconds(1));
    Instant later = NOW.plus(BypassBoard.QUIET).plusMillis(500);
    assertEquals(List.of("clang"), board.all(later).stream().map(Bypass::name).toList());
  }

  @Test
  void imageReadMostOftenIsFirst() {
    board.add("gcc", 7, "cat", NOW);
    board.add("clang", 7, "cat", NOW);
    board.add("clang", 8, "cat", NOW);
    assertEquals(List.of("clang", "gcc"), board.all(NOW).stream().map(Bypass::name).toList());
  }
}
