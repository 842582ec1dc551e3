package dev.lazymount.trace;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The book of one canary: its tokens that are out, and since when. One that is lost in a burst of
 * events is followed by another, so that a flood alone is not taken for a dead trace. Not
 * thread-safe; the caller passes the time, System.nanoTime().
 */
public final class CanaryFlight {
  private final Map<String, Long> out = new LinkedHashMap<>();
  private long since;

  /** Sent at {@code now}; a token that is out already is sent once more. */
  public void depart(String token, long now) {
    if (out.isEmpty()) {
      since = now;
    }
    out.put(token, now);
  }

  /** A token came back: its round trip; empty if it is none that is out. */
  public Optional<Duration> arrive(String token, long now) {
    Long sent = out.get(token);
    if (sent == null) {
      return Optional.empty();
    }
    out.clear();
    return Optional.of(Duration.ofNanos(now - sent));
  }

  /** Counts from {@code now} on: what was missing before does not tell against the trace. */
  public void forgive(long now) {
    since = now;
  }

  /** For how long none came back. */
  public Duration missing(long now) {
    return out.isEmpty() ? Duration.ZERO : Duration.ofNanos(now - since);
  }
}
