package dev.lazymount.mount;

import dev.lazymount.status.DaemonStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * What all MountActors share.
 *
 * @param mounter makes the mounts
 * @param executor the mount dispatcher; its size bounds concurrent mounts
 * @param status where each actor writes its status row and its counters
 * @param log one line for each mount and each failure
 * @param root the root, for messages
 * @param images the image directory, for messages
 * @param times the settings in force, which a reload can change
 * @param circuit notices that all mount threads are blocked
 * @param nanoTime the clock, in nanoseconds, as System.nanoTime()
 */
public record MountEnv(
    Mounter mounter,
    Executor executor,
    DaemonStatus status,
    Logger log,
    String root,
    String images,
    Supplier<MountTimes> times,
    StorageCircuit circuit,
    LongSupplier nanoTime) {

  /** With settings that do not change. */
  public MountEnv(
      Mounter mounter,
      Executor executor,
      DaemonStatus status,
      Logger log,
      String root,
      String images,
      Duration timeout,
      Duration retry,
      Duration retryMax,
      Optional<Duration> idle,
      StorageCircuit circuit,
      LongSupplier nanoTime) {
    this(
        mounter,
        executor,
        status,
        log,
        root,
        images,
        always(new MountTimes(timeout, retry, retryMax, idle)),
        circuit,
        nanoTime);
  }

  private static Supplier<MountTimes> always(MountTimes times) {
    return () -> times;
  }

  Duration timeout() {
    return times.get().timeout();
  }

  Duration retry() {
    return times.get().retry();
  }

  Duration retryMax() {
    return times.get().retryMax();
  }

  Optional<Duration> idle() {
    return times.get().idle();
  }
}
