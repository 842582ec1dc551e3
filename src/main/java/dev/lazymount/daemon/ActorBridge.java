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
 * Asks actors from the threads of the control socket. The socket opens before the actors start, so
 * early questions wait for them. Thread-safe.
 */
final class ActorBridge implements RouterBatch.Asker {
  private final CompletableFuture<ActorSystem<Supervisor.Command>> actors =
      new CompletableFuture<>();

  /** These actors answer from now on. */
  void open(ActorSystem<Supervisor.Command> system) {
    actors.complete(system);
  }

  /** Asks the Supervisor; fails with a TimeoutException after {@code patience}. */
  <T> CompletionStage<T> askSupervisor(
      Function<ActorRef<T>, Supervisor.Command> question, Duration patience) {
    return actors.thenCompose(
        system -> AskPattern.ask(system, question::apply, patience, system.scheduler()));
  }

  @Override
  public <T> CompletionStage<T> ask(
      Function<ActorRef<T>, Router.Command> question, Duration patience) {
    return askSupervisor(answerTo -> new Supervisor.ToRouter(question.apply(answerTo)), patience);
  }
}
