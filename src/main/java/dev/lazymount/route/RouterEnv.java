package dev.lazymount.route;

import akka.actor.typed.javadsl.ActorContext;
import dev.lazymount.mount.MountEnv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.slf4j.LoggerFactory;

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

  /**
   * Finds what wants a closer look, and comes back as a message. Each scan is also when it is
   * noticed that an image was replaced, or mounted or unmounted by somebody.
   */
  void askForSuspects(
      ActorContext<Router.Command> context, Function<Collection<String>, Router.Command> answer) {
    CompletableFuture<Collection<String>> found =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return suspects.names();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            suspectsExecutor);
    context.pipeToSelf(
        found,
        (names, thrown) -> {
          if (thrown != null) {
            LoggerFactory.getLogger(Router.class)
                .warn("can't compare the mounts with the mount table: {}", thrown.toString());
          }
          return answer.apply(thrown == null ? names : List.of());
        });
  }

  /** Finds what may not be mounted as it is said to be; blocks. */
  @FunctionalInterface
  public interface Suspicion {
    /** The names. */
    Collection<String> names() throws IOException;
  }
}
