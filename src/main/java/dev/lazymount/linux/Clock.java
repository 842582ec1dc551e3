package dev.lazymount.linux;

/** The kernel's clocks, for times that another process compares with its own. */
public final class Clock {
  private static final int CLOCK_MONOTONIC = 1;

  /** struct timespec: two longs. */
  private static final int TIMESPEC = 16;

  private Clock() {}

  /** CLOCK_MONOTONIC in microseconds, as systemd expects it (sd_notify(3), MONOTONIC_USEC). */
  public static long monotonicMicros() {
    byte[] time = new byte[TIMESPEC];
    LibC.clock_gettime(CLOCK_MONOTONIC, time);
    return Struct.of(time).getLong(0) * 1_000_000 + Struct.of(time).getLong(8) / 1000;
  }
}
