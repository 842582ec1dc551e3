package dev.lazymount.route;

import dev.lazymount.mount.MountEnv;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * What a Router works with.
 *
 * @param root the root as processes spell it
 * @param mounts what the MountActors share; its status has the mode to begin with
 * @param mountedAtStart names below the root that something was mounted on when the daemon began
 * @param suspects asked after each scan what wants a closer look
 * @param suspectsExecutor where that blocks
 * @param max how many images may be mounted at once; 0 for any number
 */
public record RouterEnv(
    String root,
    MountEnv mounts,
    Set<String> mountedAtStart,
    Suspicion suspects,
    Executor suspectsExecutor,
    int max) {
  /** Any number of images may be mounted. */
  public RouterEnv(
      String root,
      MountEnv mounts,
      Set<String> mountedAtStart,
      Suspicion suspects,
      Executor suspectsExecutor) {
    this(root, mounts, mountedAtStart, suspects, suspectsExecutor, 0);
  }

  /** Finds what may not be mounted as it is said to be; blocks. */
  @FunctionalInterface
  public interface Suspicion {
    /** The names. */
    Collection<String> names() throws IOException;
  }
}
