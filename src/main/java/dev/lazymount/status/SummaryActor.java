package dev.lazymount.status;

import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.function.Consumer;

/** Logs a {@link Summary} at intervals; an interval without events has none. */
public final class SummaryActor {
  /** The protocol: only its own timer. */
  public interface Command {}

  private enum Timer implements Command {
    NEXT
  }

  private SummaryActor() {}

  /**
   * Creates the actor.
   *
   * @param status its counters are summed up
   * @param interval between two summaries
   * @param log receives each line
   */
  public static Behavior<Command> create(
      DaemonStatus status, Duration interval, Consumer<String> log) {
    return Behaviors.supervise(
            Behaviors.<Command>withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(Timer.NEXT, interval);
                  return summing(new Summary(status, interval), log);
                }))
        .onFailure(SupervisorStrategy.restart());
  }

  private static Behavior<Command> summing(Summary summary, Consumer<String> log) {
    return Behaviors.receive(Command.class)
        .onMessageEquals(
            Timer.NEXT,
            () -> {
              summary.next().ifPresent(log);
              return Behaviors.same();
            })
        .build();
  }
}
