package dev.lazymount.trace;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The canaries of one run: those that are missing, when the next one is due, and what a missing one
 * means. A canary lost in a burst of events is followed by another, so that a flood alone is not
 * taken for a trace that reports nothing. Knows the clock, and neither actors nor timers: its
 * TraceSource asks. Not thread-safe.
 */
final class CanaryMonitor {
  /** What the missing canaries mean. */
  enum Verdict {
    /** Nothing yet: another one may return. */
    WAIT,
    /** The access itself has not ended: the root's storage does not respond. */
    BLOCKED,
    /** The trace reports nothing. */
    BLIND
  }

  /** The pause between canaries while one is missing: at the start, and at most. */
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(25);

  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  /** While starting, the pause is a twentieth of the time that has passed. */
  private static final int PAUSE_SHARE = 20;

  /** A canary that has not returned this long after the program was attached never will. */
  private static final Duration ATTACHED_PATIENCE = Duration.ofSeconds(2);

  private final Duration timeout;
  private final LongSupplier nanoTime;

  /** Tokens that have not returned, and when each was sent. */
  private final Map<String, Long> missing = new LinkedHashMap<>();

  private long missingSince;
  private long accessingSince;
  private boolean accessing;
  private boolean blocked;
  private boolean attached;
  private boolean working;

  /**
   * The canaries of a run that begins.
   *
   * @param timeout how long a canary of a working trace may take
   * @param nanoTime the clock, as System.nanoTime() is
   */
  CanaryMonitor(Duration timeout, LongSupplier nanoTime) {
    this.timeout = timeout;
    this.nanoTime = nanoTime;
  }

  /** Whether one can be sent: the previous access may still be blocked by the storage. */
  boolean canSend() {
    return !accessing;
  }

  /** One with this token is being sent; a token that is missing already is sent once more. */
  void sending(String token) {
    accessing = true;
    long now = nanoTime.getAsLong();
    accessingSince = now;
    if (missing.isEmpty()) {
      missingSince = now;
    }
    missing.put(token, now);
  }

  /**
   * The access of the newest canary has ended, whether the canary returns or not.
   *
   * @return whether it was blocked; then another canary is due
   */
  boolean sent() {
    accessing = false;
    boolean was = blocked;
    if (blocked) {
      // The storage delayed it; only from now on does its absence say something about the trace.
      blocked = false;
      resetTimer();
    }
    return was;
  }

  /** A canary returned: its round trip; empty if none with this token is missing. */
  Optional<Duration> returned(String token) {
    Long sent = missing.get(token);
    if (sent == null) {
      return Optional.empty();
    }
    missing.clear();
    working = true;
    return Optional.of(Duration.ofNanos(nanoTime.getAsLong() - sent));
  }

  /** The program is attached; a shorter patience begins. */
  void attached() {
    if (!attached) {
      attached = true;
      resetTimer();
    }
  }

  private void resetTimer() {
    missingSince = nanoTime.getAsLong();
  }

  /** How long canaries have been missing; zero if none is. */
  Duration missingFor() {
    return missing.isEmpty()
        ? Duration.ZERO
        : Duration.ofNanos(nanoTime.getAsLong() - missingSince);
  }

  /** What it means that none has returned until now, or that the access has not ended. */
  Verdict verdict() {
    if (missingFor().compareTo(patience()) < 0 && !accessHangs()) {
      return Verdict.WAIT;
    }
    // A restart would not help a storage that does not respond.
    blocked = accessing;
    return accessing ? Verdict.BLOCKED : Verdict.BLIND;
  }

  /** The hooked program reports an access before the file system performs it. */
  private boolean accessHangs() {
    return accessing && nanoTime.getAsLong() - accessingSince >= patience().toNanos();
  }

  private Duration patience() {
    if (working) {
      return timeout;
    }
    if (!attached) {
      return timeout.multipliedBy(TraceSource.START_PATIENCE);
    }
    return timeout.compareTo(ATTACHED_PATIENCE) < 0 ? timeout : ATTACHED_PATIENCE;
  }

  /**
   * The pause before the next canary while one is missing. Each opens the root; a slow start is not
   * slowed down further by many of them.
   */
  Duration pause() {
    if (working || blocked) {
      return LONGEST_PAUSE;
    }
    Duration share = missingFor().dividedBy(PAUSE_SHARE);
    if (share.compareTo(SHORTEST_PAUSE) < 0) {
      return SHORTEST_PAUSE;
    }
    return share.compareTo(LONGEST_PAUSE) < 0 ? share : LONGEST_PAUSE;
  }
}
