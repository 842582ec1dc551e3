package dev.lazymount.trace;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The book of one canary: its tokens that are out, and since when. One that is lost in a burst of
 * events is followed by another, so that a flood alone is not taken for a dead trace. Not
 * thread-safe; the caller passes the time.
 */
final class CanaryFlight {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Map<String, Long> out = new LinkedHashMap<>();
  private long since;

  /** A new token, sent at {@code now}, System.nanoTime(). */
  String depart(long now) {
    if (out.isEmpty()) {
      since = now;
    }
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    String token = HexFormat.of().formatHex(bytes);
    out.put(token, now);
    return token;
  }

  /** A token came back: its round trip; empty if it is none that is out. */
  Optional<Duration> arrive(String token, long now) {
    Long sent = out.get(token);
    if (sent == null) {
      return Optional.empty();
    }
    out.clear();
    return Optional.of(Duration.ofNanos(now - sent));
  }

  /** Whether one is out. */
  boolean isOut() {
    return !out.isEmpty();
  }

  /** For how long none came back. */
  Duration missing(long now) {
    return isOut() ? Duration.ofNanos(now - since) : Duration.ZERO;
  }
}
