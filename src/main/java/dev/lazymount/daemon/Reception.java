package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.route.Router;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Hands questions from the control socket to the router. The socket is there before the actors are,
 * so that the first questions wait for them.
 */
final class Reception implements RouterBatch.Asker {
  private final CompletableFuture<ActorSystem<Supervisor.Command>> actors =
      new CompletableFuture<>();

  /** The actors are there. */
  void open(ActorSystem<Supervisor.Command> system) {
    actors.complete(system);
  }

  @Override
  public <T> CompletionStage<T> ask(
      Function<ActorRef<T>, Router.Command> question, Duration patience) {
    return actors.thenCompose(
        system ->
            AskPattern.ask(
                system,
                (ActorRef<T> answerTo) -> new Supervisor.ToRouter(question.apply(answerTo)),
                patience,
                system.scheduler()));
  }
}
