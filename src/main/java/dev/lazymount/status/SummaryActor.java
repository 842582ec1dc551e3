package dev.lazymount.status;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.function.Consumer;

/** Logs a {@link Summary} at intervals, and nothing in an interval in which nothing happened. */
public final class SummaryActor {
  /** What this actor understands; all of it comes from itself. */
  public interface Command {}

  private enum Timer implements Command {
    NEXT
  }

  private SummaryActor() {}

  /**
   * The actor.
   *
   * @param status what is summed up
   * @param interval between two summaries
   * @param log where a line goes
   */
  public static Behavior<Command> create(
      DaemonStatus status, Duration interval, Consumer<String> log) {
    return Behaviors.withTimers(
        timers -> {
          Summary summary = new Summary(status, interval);
          next(timers, interval);
          return Behaviors.receive(Command.class)
              .onMessageEquals(
                  Timer.NEXT,
                  () -> {
                    summary.next().ifPresent(log);
                    next(timers, interval);
                    return Behaviors.same();
                  })
              .build();
        });
  }

  private static void next(TimerScheduler<Command> timers, Duration interval) {
    timers.startSingleTimer(Timer.NEXT, interval);
  }
}
