package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import dev.lazymount.route.Router;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceReport;
import dev.lazymount.trace.TraceSource;
import dev.lazymount.trace.program.TraceProgram;
import java.util.Optional;

/**
 * Keeps the Supervisor's one trace: starts it, has it renewed when the names of the images are none
 * that its program was made for, and puts one with other settings into its place. A part of the
 * Supervisor, used by it alone.
 */
final class TraceKeeper {
  private final ActorContext<Supervisor.Command> context;
  private final TraceFit fit;
  private final ActorRef<TraceReport> reports;
  private final ActorRef<Router.Command> router;
  private TraceEnv env;
  private Optional<ActorRef<TraceSource.Command>> trace = Optional.empty();
  private boolean stops;

  /**
   * Keeps a trace that is not started yet.
   *
   * @param context the Supervisor's
   * @param env for the first trace
   * @param status has the names that the newest scan found
   * @param reports where the trace tells how it is
   * @param router gets the accesses
   */
  TraceKeeper(
      ActorContext<Supervisor.Command> context,
      TraceEnv env,
      DaemonStatus status,
      ActorRef<TraceReport> reports,
      ActorRef<Router.Command> router) {
    this.context = context;
    this.env = env;
    this.fit = new TraceFit(status);
    this.reports = reports;
    this.router = router;
  }

  /** Starts it, unless there is one or one has to end first. */
  void start() {
    if (trace.isEmpty() && !stops) {
      trace =
          Optional.of(
              context.spawn(
                  TraceSource.create(env, reports, router, Router.Accesses::new),
                  "trace",
                  // It starts, feeds and kills bpftrace, and walks /proc for that.
                  DispatcherSelector.fromConfig(Assembly.dispatcher("bpftrace"))));
    }
  }

  /**
   * The next trace works with this. One that runs is stopped; {@link #stopped} starts the next.
   *
   * @param stopped is told to the Supervisor when it has ended
   * @return whether one runs
   */
  boolean replace(TraceEnv next, Supervisor.Command stopped) {
    TraceProgram.Factory before = env.programs();
    env = next;
    if (trace.isEmpty()) {
      before.abandoned();
      return false;
    }
    context.watchWith(trace.get(), stopped);
    context.stop(trace.get());
    // After that, so that what ends by it is no failure of the trace.
    before.abandoned();
    trace = Optional.empty();
    fit.ended();
    stops = true;
    return true;
  }

  /**
   * Whether one that has to end has not yet ended: what is told meanwhile is of that one. All that
   * it told is heard before its end, because Akka puts the news of an end behind what is in the
   * mailbox already (akka.actor.dungeon.DeathWatch: {@code self.tell(Terminated)}).
   */
  boolean stops() {
    return stops;
  }

  /** The one that had to end has ended. */
  void stopped() {
    stops = false;
    start();
  }

  /** Takes note of what the trace tells of itself. */
  void reported(TraceReport report) {
    fit.reported(report).ifPresent(this::tell);
  }

  /**
   * Has the trace renewed if the names of the newest scan are none that its program was made for.
   */
  void fit() {
    fit.scanned().ifPresent(this::tell);
  }

  private void tell(TraceSource.Command command) {
    trace.orElseThrow().tell(command);
  }
}
