package dev.lazymount.route;

import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.Reconcile;
import java.io.IOException;
import java.util.Collection;
import java.util.concurrent.Executor;

/**
 * What a Router works with.
 *
 * @param root the root as processes spell it
 * @param mounts what the MountActors share; its status has the mode to begin with
 * @param mounted asked after the first scan what is mounted below the root already
 * @param suspects asked after each scan what wants a closer look
 * @param executor where these two block
 */
public record RouterEnv(
    String root,
    MountEnv mounts,
    Look<Reconcile.Found> mounted,
    Look<String> suspects,
    Executor executor) {
  /** A look at the mounts that blocks for as long as the storage does. */
  @FunctionalInterface
  public interface Look<T> {
    /** What it finds. */
    Collection<T> find() throws IOException;
  }
}
