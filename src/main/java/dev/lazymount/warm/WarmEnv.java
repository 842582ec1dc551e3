package dev.lazymount.warm;

import dev.lazymount.linux.LoopDevice;
import dev.lazymount.status.DaemonStatus;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * What a WarmActor works with.
 *
 * @param stateDir where the list is kept
 * @param seed somebody else's list; empty for none
 * @param max how many images to mount ahead at most
 * @param status what is in use, and how the daemon is
 * @param files where the state directory is read and written
 * @param lost where the seed is read, on a thread that may never come back
 * @param sectorsRead what was read from a device, as {@link LoopDevice#sectorsRead}
 * @param clock the time of day
 */
public record WarmEnv(
    Path stateDir,
    Optional<Path> seed,
    int max,
    DaemonStatus status,
    Executor files,
    Executor lost,
    Function<String, OptionalLong> sectorsRead,
    InstantSource clock) {

  /** With a thread of its own for the seed, and the machine's devices and clock. */
  public WarmEnv(Path stateDir, Optional<Path> seed, int max, DaemonStatus status, Executor files) {
    this(
        stateDir,
        seed,
        max,
        status,
        files,
        WarmEnv::onOwnThread,
        LoopDevice::sectorsRead,
        InstantSource.system());
  }

  private static void onOwnThread(Runnable work) {
    Thread thread = new Thread(work, "warm-seed");
    thread.setDaemon(true);
    thread.start();
  }
}
