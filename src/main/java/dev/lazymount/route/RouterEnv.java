package dev.lazymount.route;

import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.kernel.Reconcile;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * What a Router works with.
 *
 * @param root the root as processes spell it
 * @param mounts what the MountActors share; its status has the mode to begin with
 * @param mounted finds what is mounted below the root already; called after the first scan
 * @param suspects finds the images whose mount may differ from what the status says; called after
 *     each scan
 * @param holds names that an operator keeps unmounted, at the start
 * @param sight whether a process, by its id, can see a mount of a device such as {@code /dev/loop3}
 * @param live the settings in force, which a reload can change
 * @param executor where these looks run; two of them may block
 */
public record RouterEnv(
    String root,
    MountEnv mounts,
    Look<Reconcile.Found> mounted,
    Look<String> suspects,
    Map<String, OperatorHold> holds,
    BiFunction<Integer, String, ProcessMounts.Sight> sight,
    Supplier<RouteSettings> live,
    Executor executor) {

  /** A look at the mounts; blocks for as long as the storage does. */
  @FunctionalInterface
  public interface Look<T> {
    /** What it finds. */
    Collection<T> find() throws IOException;
  }
}
