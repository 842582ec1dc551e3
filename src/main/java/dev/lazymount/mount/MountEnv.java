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
 * @param mounter does the work
 * @param executor where it is done; its size bounds concurrent mounts
 * @param status where each actor writes its line and what it counts
 * @param log one line for each mount and each failure
 * @param root the root, for people to read
 * @param images the image directory, for people to read
 * @param times those in force now; they change by a reload
 * @param circuit notices that all slots hang
 * @param nanoTime the clock, as System.nanoTime() is; a test has one of its own
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

  /** With times that stay. */
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
