package dev.lazymount.trace;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * When the next canary of one run is due, and when one that has not come back says that the trace
 * is blind. Knows the clock, and neither actors nor timers: its TraceSource asks. Not thread-safe.
 */
final class CanaryPace {
  /** What a canary that is missing says. */
  enum Verdict {
    /** Nothing yet: another one may come back. */
    WAIT,
    /** The access itself has not ended: the root's storage does not answer. */
    BLOCKED,
    /** The trace is blind. */
    BLIND
  }

  /** How soon another canary follows one that is still out: at the start, and at most. */
  private static final Duration AGAIN_STARTING = Duration.ofMillis(25);

  private static final Duration AGAIN = Duration.ofMillis(500);

  /** While starting, a twentieth of what was waited already is waited again. */
  private static final int AGAIN_SHARE = 20;

  /** Once the program is attached, a canary that does not come back in this time never will. */
  private static final Duration ATTACHED_PATIENCE = Duration.ofSeconds(2);

  private final Duration timeout;
  private final LongSupplier nanoTime;
  private final CanaryFlight flight = new CanaryFlight();
  private boolean flying;
  private boolean blocked;
  private boolean attached;
  private boolean working;

  /**
   * The pace of a run that begins.
   *
   * @param timeout how long a canary of a trace that works may take
   * @param nanoTime the clock, as System.nanoTime() is
   */
  CanaryPace(Duration timeout, LongSupplier nanoTime) {
    this.timeout = timeout;
    this.nanoTime = nanoTime;
  }

  /** Whether one can be sent: the one before may hang in the storage. */
  boolean canFly() {
    return !flying;
  }

  /** One with this token is sent. */
  void flies(String token) {
    flying = true;
    flight.depart(token, nanoTime.getAsLong());
  }

  /**
   * The access of the one that was sent has ended, whether it comes back or not.
   *
   * @return whether it was blocked; then another is due
   */
  boolean flown() {
    flying = false;
    boolean was = blocked;
    if (blocked) {
      // It hung in the storage; whether it comes back can only be told from now on.
      blocked = false;
      flight.forgive(nanoTime.getAsLong());
    }
    return was;
  }

  /** One came back: its round trip; empty if it is none that is out. */
  Optional<Duration> arrived(String token) {
    Optional<Duration> roundTrip = flight.arrive(token, nanoTime.getAsLong());
    working |= roundTrip.isPresent();
    return roundTrip;
  }

  /** The program is attached: now its patience begins. */
  void attached() {
    if (!attached) {
      attached = true;
      flight.forgive(nanoTime.getAsLong());
    }
  }

  /** For how long none has come back. */
  Duration missing() {
    return flight.missing(nanoTime.getAsLong());
  }

  /** What it says that none has come back until now. */
  Verdict verdict() {
    if (missing().compareTo(patience()) < 0) {
      return Verdict.WAIT;
    }
    // A restart would not help a storage that does not answer.
    blocked = flying;
    return flying ? Verdict.BLOCKED : Verdict.BLIND;
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
   * How soon another follows one that is still out. A start that takes long is not made longer by
   * canaries, each of which opens the root.
   */
  Duration again() {
    if (working || blocked) {
      return AGAIN;
    }
    Duration share = missing().dividedBy(AGAIN_SHARE);
    if (share.compareTo(AGAIN_STARTING) < 0) {
      return AGAIN_STARTING;
    }
    return share.compareTo(AGAIN) < 0 ? share : AGAIN;
  }
}
