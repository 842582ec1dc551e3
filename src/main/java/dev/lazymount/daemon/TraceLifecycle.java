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
 * The one trace of an actor: starts it, restarts it when its program is not the right one for the
 * names of the newest scan, and replaces it by one with other settings. A part of its actor and
 * used by it alone.
 *
 * @param <C> what the actor understands
 */
final class TraceLifecycle<C> {
  private final ActorContext<C> context;
  private final DaemonStatus status;
  private final ActorRef<TraceReport> reports;
  private final ActorRef<Router.Accesses> receiver;
  private TraceEnv env;
  private Optional<ActorRef<TraceSource.Command>> trace = Optional.empty();
  private boolean stopping;

  /** The names that the running program is right for; empty while none runs that is to stay. */
  private Optional<TraceProgram.Names> names = Optional.empty();

  /**
   * A trace that is not started yet.
   *
   * @param context the actor's
   * @param env for the first trace
   * @param status has the names that the newest scan found
   * @param reports receives the state of the trace
   * @param receiver receives the accesses
   */
  TraceLifecycle(
      ActorContext<C> context,
      TraceEnv env,
      DaemonStatus status,
      ActorRef<TraceReport> reports,
      ActorRef<Router.Accesses> receiver) {
    this.context = context;
    this.env = env;
    this.status = status;
    this.reports = reports;
    this.receiver = receiver;
  }

  /** Starts it, unless there is one or one has to stop first. */
  void start() {
    if (trace.isEmpty() && !stopping) {
      trace =
          Optional.of(
              context.spawn(
                  TraceSource.create(env, reports, receiver, Router.Accesses::new),
                  "trace",
                  // It starts, feeds and kills bpftrace, and walks /proc for that.
                  DispatcherSelector.fromConfig(Assembly.dispatcher("bpftrace"))));
    }
  }

  /**
   * Replaces the trace. A running one is stopped first.
   *
   * @param next for the next trace
   * @param stopped is sent to the actor when the running one has stopped
   * @return whether one runs
   */
  boolean replace(TraceEnv next, C stopped) {
    TraceProgram.Factory before = env.programs();
    env = next;
    boolean ran = stop(stopped);
    // Only now, so that a run that ends because of it is no failure of the trace.
    before.abandoned();
    return ran;
  }

  /**
   * Stops the trace, if one runs. The next one has the same settings.
   *
   * @param stopped is sent to the actor when it has stopped
   * @return whether one runs
   */
  boolean stop(C stopped) {
    if (trace.isEmpty()) {
      return false;
    }
    context.watchWith(trace.get(), stopped);
    context.stop(trace.get());
    trace = Optional.empty();
    names = Optional.empty();
    stopping = true;
    return true;
  }

  /**
   * Whether a trace that is to stop has not stopped yet. Reports in that time are of that trace,
   * and all of them arrive before its end: Akka enqueues the notice of the end behind what is in
   * the mailbox already (akka.actor.dungeon.DeathWatch: {@code self.tell(Terminated)}).
   */
  boolean isStopping() {
    return stopping;
  }

  /** The trace has stopped; {@link #start} starts the next. */
  void stopped() {
    stopping = false;
  }

  /** The trace has reported its state. */
  void reported(TraceReport report) {
    if (report instanceof TraceReport.Started started) {
      names = Optional.of(started.names());
      // A scan may have ended since the program was made.
      scanned();
    } else if (report instanceof TraceReport.Failed) {
      // The next program is made for the names of then.
      names = Optional.empty();
    }
  }

  /** A scan has ended: restarts the trace if its program is not the right one for the names. */
  void scanned() {
    int deepest = status.deepestName();
    int longest = status.longestComponent();
    if (names.isEmpty() || names.get().fit(deepest, longest)) {
      return;
    }
    names = Optional.empty();
    trace
        .orElseThrow()
        .tell(
            new TraceSource.Restart(
                "names have up to " + deepest + " components of up to " + longest + " bytes now"));
  }
}
