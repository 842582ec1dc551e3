package dev.lazymount.route;

import akka.actor.typed.javadsl.ActorContext;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.kernel.Reconcile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.slf4j.LoggerFactory;

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

  /** A look at the mounts, one of the two, which comes back as a message. */
  <T> void ask(
      ActorContext<Router.Command> context,
      Look<T> look,
      Function<Collection<T>, Router.Command> answer) {
    CompletableFuture<Collection<T>> found =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return look.find();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            executor);
    context.pipeToSelf(
        found,
        (seen, thrown) -> {
          if (thrown != null) {
            LoggerFactory.getLogger(Router.class)
                .warn("can't compare the mounts with the mount table: {}", thrown.toString());
          }
          return answer.apply(thrown == null ? seen : List.of());
        });
  }

  /** A look at the mounts that blocks for as long as the storage does. */
  @FunctionalInterface
  public interface Look<T> {
    /** What it finds. */
    Collection<T> find() throws IOException;
  }
}
