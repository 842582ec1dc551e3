package dev.lazymount.trace.program;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Random words that no other process can guess. Thread-safe. */
final class Secret {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Secret() {}

  /** Hexadecimal digits, {@code length} of them. */
  static String word(int length) {
    byte[] bytes = new byte[(length + 1) / 2];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes).substring(0, length);
  }

  /** A number of 62 bits: bpftrace takes no greater ones than a signed long holds. */
  static long number() {
    return RANDOM.nextLong() >>> 2;
  }

  /** The mark of one run of the trace. */
  static String mark() {
    return word(16);
  }
}
