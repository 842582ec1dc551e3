package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.trace.CanaryMonitor.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a missing canary matters, and how soon another follows. The test owns the clock. */
final class CanaryMonitorTest {
  private static final long TIMEOUT = 5000;

  private long now = 1_000_000;
  private final CanaryMonitor canaries = new CanaryMonitor(Duration.ofMillis(TIMEOUT), () -> now);

  private void after(long millis) {
    now += Duration.ofMillis(millis).toNanos();
  }

  /** Sends one whose access ends at once. */
  private void lose(String token) {
    canaries.sending(token);
    assertFalse(canaries.sent());
  }

  private void works() {
    lose("first");
    assertEquals(Optional.of(Duration.ZERO), canaries.returned("first"));
  }

  @Test
  void programNotAttachedYetHasTwelveTimeouts() {
    lose("a");
    after(12 * TIMEOUT - 1);
    assertEquals(Verdict.WAIT, canaries.verdict());
    after(1);
    assertEquals(Verdict.BLIND, canaries.verdict());
    assertEquals(Duration.ofMillis(12 * TIMEOUT), canaries.missingFor());
  }

  @Test
  void attachedProgramHasTwoSeconds() {
    lose("a");
    after(3 * TIMEOUT);
    canaries.attached();
    after(1999);
    canaries.attached();
    assertEquals(Verdict.WAIT, canaries.verdict());
    after(1);
    assertEquals(Verdict.BLIND, canaries.verdict(), "another tick does not restart the timer");
  }

  @Test
  void workingProgramHasTheTimeoutFromTheFirstMissingOne() {
    works();
    after(60_000);
    assertEquals(Verdict.WAIT, canaries.verdict(), "none is missing");
    lose("a");
    after(TIMEOUT - 1);
    lose("b");
    assertEquals(Verdict.WAIT, canaries.verdict());
    after(1);
    assertEquals(Verdict.BLIND, canaries.verdict());
  }

  @Test
  void blockedAccessRestartsTheTimerWhenItEnds() {
    works();
    canaries.sending("a");
    assertFalse(canaries.canSend());
    after(TIMEOUT);
    assertEquals(Verdict.BLOCKED, canaries.verdict());
    after(TIMEOUT);
    assertEquals(Verdict.BLOCKED, canaries.verdict());
    assertTrue(canaries.sent(), "another is due");
    assertTrue(canaries.canSend());
    assertEquals(Verdict.WAIT, canaries.verdict());
    assertFalse(canaries.sent(), "once");
    after(TIMEOUT);
    assertEquals(Verdict.BLIND, canaries.verdict());
  }

  /** As with the hooked program, which reports an open before the file system performs it. */
  @Test
  void accessThatHangsAfterItsReportIsBlocked() {
    canaries.sending("a");
    assertEquals(Optional.of(Duration.ZERO), canaries.returned("a"));
    after(TIMEOUT - 1);
    assertEquals(Verdict.WAIT, canaries.verdict());
    after(1);
    assertEquals(Verdict.BLOCKED, canaries.verdict());
    assertTrue(canaries.sent(), "another is due");
    assertEquals(Verdict.WAIT, canaries.verdict());
  }

  @Test
  void slowStartSendsFewerCanaries() {
    lose("a");
    assertEquals(Duration.ofMillis(25), canaries.pause());
    after(2000);
    assertEquals(Duration.ofMillis(100), canaries.pause());
    after(30_000);
    assertEquals(Duration.ofMillis(500), canaries.pause());
  }

  @Test
  void workingProgramIsCheckedAgainTwiceASecond() {
    works();
    lose("a");
    assertEquals(Duration.ofMillis(500), canaries.pause());
  }

  @Test
  void unknownTokenIsNoReturn() {
    lose("a");
    assertEquals(Optional.empty(), canaries.returned("b"));
    after(TIMEOUT);
    assertEquals(Verdict.WAIT, canaries.verdict(), "it is still starting");
  }

  @Test
  void oneReturnEndsTheAbsenceOfAll() {
    lose("a");
    after(100);
    lose("b");
    after(200);
    assertEquals(Duration.ofMillis(300), canaries.missingFor(), "since the first");
    assertEquals(Optional.of(Duration.ofMillis(200)), canaries.returned("b"));
    assertEquals(Duration.ZERO, canaries.missingFor());
    assertEquals(Optional.empty(), canaries.returned("a"), "one of them was enough");
    lose("c");
    after(1);
    assertEquals(Duration.ofMillis(1), canaries.missingFor());
  }

  @Test
  void roundTripIncludesTheTimeBeforeTheTimerWasReset() {
    lose("a");
    after(900);
    canaries.attached();
    after(5);
    assertEquals(Duration.ofMillis(5), canaries.missingFor());
    assertEquals(Optional.of(Duration.ofMillis(905)), canaries.returned("a"));
  }
}
