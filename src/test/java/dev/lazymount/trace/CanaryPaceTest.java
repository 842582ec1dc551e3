package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.trace.CanaryPace.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How long a canary is waited for, and how soon another follows, by a clock of the test's own. */
final class CanaryPaceTest {
  private static final long TIMEOUT = 5000;

  private long now = 1_000_000;
  private final CanaryPace pace = new CanaryPace(Duration.ofMillis(TIMEOUT), () -> now);

  private void after(long millis) {
    now += Duration.ofMillis(millis).toNanos();
  }

  /** One is sent, and its access ends at once. */
  private void lose(String token) {
    pace.flies(token);
    assertFalse(pace.flown());
  }

  private void works() {
    lose("first");
    assertEquals(Optional.of(Duration.ZERO), pace.arrived("first"));
  }

  @Test
  void aProgramThatIsNotAttachedYetIsGivenTwelveTimesTheTimeout() {
    lose("a");
    after(12 * TIMEOUT - 1);
    assertEquals(Verdict.WAIT, pace.verdict());
    after(1);
    assertEquals(Verdict.BLIND, pace.verdict());
    assertEquals(Duration.ofMillis(12 * TIMEOUT), pace.missing());
  }

  @Test
  void oneThatIsAttachedIsGivenTwoSecondsFromThenOn() {
    lose("a");
    after(3 * TIMEOUT);
    pace.attached();
    after(1999);
    pace.attached();
    assertEquals(Verdict.WAIT, pace.verdict());
    after(1);
    assertEquals(Verdict.BLIND, pace.verdict(), "another tick is no excuse");
  }

  @Test
  void oneThatHasWorkedIsGivenTheTimeoutSinceTheFirstThatIsMissing() {
    works();
    after(60_000);
    assertEquals(Verdict.WAIT, pace.verdict(), "none is out");
    lose("a");
    after(TIMEOUT - 1);
    lose("b");
    assertEquals(Verdict.WAIT, pace.verdict());
    after(1);
    assertEquals(Verdict.BLIND, pace.verdict());
  }

  @Test
  void oneWhoseAccessHangsIsBlockedAndCountsFromItsEndOn() {
    works();
    pace.flies("a");
    assertFalse(pace.canFly());
    after(TIMEOUT);
    assertEquals(Verdict.BLOCKED, pace.verdict());
    after(TIMEOUT);
    assertEquals(Verdict.BLOCKED, pace.verdict());
    assertTrue(pace.flown(), "another is due");
    assertTrue(pace.canFly());
    assertEquals(Verdict.WAIT, pace.verdict());
    assertFalse(pace.flown(), "once");
    after(TIMEOUT);
    assertEquals(Verdict.BLIND, pace.verdict());
  }

  @Test
  void aStartSendsThemLessOftenTheLongerItTakes() {
    lose("a");
    assertEquals(Duration.ofMillis(25), pace.again());
    after(2000);
    assertEquals(Duration.ofMillis(100), pace.again());
    after(30_000);
    assertEquals(Duration.ofMillis(500), pace.again());
  }

  @Test
  void whatHasWorkedIsAskedAgainTwiceASecond() {
    works();
    lose("a");
    assertEquals(Duration.ofMillis(500), pace.again());
  }

  @Test
  void aCanaryThatNobodySentDoesNotMakeItWork() {
    lose("a");
    assertEquals(Optional.empty(), pace.arrived("b"));
    after(TIMEOUT);
    assertEquals(Verdict.WAIT, pace.verdict(), "it is still starting");
  }
}
