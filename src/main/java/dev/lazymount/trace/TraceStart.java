package dev.lazymount.trace;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * What goes before each run of the trace: its program is made, which asks the root's storage where
 * the root is and so may hang as long as a canary. So it is done where canaries are sent from, and
 * a storage that does not answer is told to the parent, as a {@link TraceReport.CanaryBlocked}.
 */
final class TraceStart extends AbstractBehavior<TraceSource.Command> {
  private record Made(TraceProgram program) implements TraceSource.Command {}

  private record NotMade(Throwable cause) implements TraceSource.Command {}

  private enum Timer implements TraceSource.Command {
    LATE
  }

  private final TraceEnv env;
  private final ActorRef<TraceReport> parent;
  private final TimerScheduler<TraceSource.Command> timers;
  private final Function<TraceProgram, Behavior<TraceSource.Command>> run;
  private boolean outdated;

  /** Starts with this program, when there is one, by {@code run}. */
  TraceStart(
      ActorContext<TraceSource.Command> context,
      TimerScheduler<TraceSource.Command> timers,
      TraceEnv env,
      ActorRef<TraceReport> parent,
      Function<TraceProgram, Behavior<TraceSource.Command>> run) {
    super(context);
    this.env = env;
    this.parent = parent;
    this.timers = timers;
    this.run = run;
    make();
    timers.startSingleTimer(Timer.LATE, env.settings().canaryTimeout());
  }

  private void make() {
    outdated = false;
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(env.programs()::next, env.canaryExecutor()),
            (program, thrown) -> thrown == null ? new Made(program) : new NotMade(thrown));
  }

  @Override
  public Receive<TraceSource.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Made.class, this::onMade)
        .onMessage(NotMade.class, this::onNotMade)
        .onMessage(TraceSource.Renew.class, renew -> onRenew())
        .onMessageEquals(Timer.LATE, this::onLate)
        .build();
  }

  private Behavior<TraceSource.Command> onRenew() {
    outdated = true;
    return this;
  }

  private Behavior<TraceSource.Command> onMade(Made made) {
    if (outdated) {
      make();
      return this;
    }
    timers.cancel(Timer.LATE);
    return run.apply(made.program());
  }

  private Behavior<TraceSource.Command> onNotMade(NotMade notMade) {
    Throwable cause =
        notMade.cause() instanceof CompletionException wrapped
            ? wrapped.getCause()
            : notMade.cause();
    // Nothing ran, so that this says nothing of the program.
    parent.tell(new TraceReport.Failed(cause.getMessage()));
    throw cause instanceof TraceFailure failure ? failure : new TraceFailure(cause.toString());
  }

  private Behavior<TraceSource.Command> onLate() {
    parent.tell(
        new TraceReport.CanaryBlocked(
            "the trace can't start yet: the root's storage does not answer"));
    timers.startSingleTimer(Timer.LATE, env.canaryInterval());
    return this;
  }
}
