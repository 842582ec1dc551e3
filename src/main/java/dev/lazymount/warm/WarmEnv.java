package dev.lazymount.warm;

import dev.lazymount.status.DaemonStatus;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What a WarmActor depends on.
 *
 * @param stateDir the directory of {@code warm.list}
 * @param seed a list made elsewhere; empty for none
 * @param max how many images to mount at the start, at most
 * @param status which images are in use, and the state of the daemon
 * @param seedReader runs the read of the seed, which may block for ever
 * @param clock the time of day
 */
public record WarmEnv(
    Path stateDir,
    Optional<Path> seed,
    int max,
    DaemonStatus status,
    Executor seedReader,
    InstantSource clock) {

  /** With the system's clock, and a thread of its own that reads the seed. */
  public WarmEnv(Path stateDir, Optional<Path> seed, int max, DaemonStatus status) {
    this(stateDir, seed, max, status, WarmEnv::onNewThread, InstantSource.system());
  }

  private static void onNewThread(Runnable work) {
    Thread thread = new Thread(work, "warm-seed");
    thread.setDaemon(true);
    thread.start();
  }
}
