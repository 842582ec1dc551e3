package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogChanges;
import dev.lazymount.config.Settings;
import dev.lazymount.route.Router;
import dev.lazymount.route.RouterEnv;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.SummaryActor;
import dev.lazymount.status.TraceStatus;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceReport;
import dev.lazymount.warm.WarmActor;
import dev.lazymount.warm.WarmEnv;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * The root of all actors: starts catalog, router and trace, and keeps the life cycle. The trace
 * alone is restarted (by its own supervision, with a back-off); that stops no MountActor, because
 * those are the router's children.
 *
 * <p>Ready is said when the first canary has come back and not before; from then on the canary
 * feeds the service manager's watchdog.
 */
public final class Supervisor extends AbstractBehavior<Supervisor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /** For the router, from outside of the actors. */
  record ToRouter(Router.Command command) implements Command {}

  /** How the trace is. */
  record Trace(TraceReport report) implements Command {}

  private record NewCatalog() implements Command {}

  /** All slots for mounts hang ({@code open}), or one has come back. */
  record Storage(boolean open) implements Command {}

  /**
   * Other settings are in force.
   *
   * @param settings in force now
   * @param trace for a new trace; empty if the running one goes on
   */
  record Apply(Settings settings, Optional<TraceEnv> trace) implements Command {}

  /** Scan now, and answer with what that changed. */
  record Rescan(ActorRef<CatalogChanges> answerTo) implements Command {}

  private record TraceStopped() implements Command {}

  private enum Timer implements Command {
    SCAN_IS_SLOW
  }

  /**
   * What the Supervisor works with.
   *
   * @param catalog for the catalog
   * @param router for the router and the MountActors
   * @param trace for the trace
   * @param warm for the warm list
   * @param summary between two summaries in the log; empty for none
   * @param rehearsal for the first mount, which nobody sees
   * @param status where the life cycle is shown
   * @param manager is told of it
   */
  public record Env(
      CatalogActor.Env catalog,
      RouterEnv router,
      TraceEnv trace,
      WarmEnv warm,
      Optional<Duration> summary,
      WarmupMount.Env rehearsal,
      DaemonStatus status,
      ServiceManager manager) {}

  /**
   * The trace waits so long for the first scan, because it wants to know how deep the names go; a
   * scan that takes longer is not waited for.
   */
  static final Duration FIRST_SCAN = Duration.ofMillis(200);

  private final Env env;
  private final ActorRef<CatalogActor.Command> catalog;
  private final ActorRef<Router.Command> router;
  private final ActorRef<WarmActor.Command> warm;
  private final TraceLifecycle<Command> trace;
  private String problem;
  private String note;

  /** The root actor. */
  public static Behavior<Command> create(Env env) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new Supervisor(context, env, timers)));
  }

  private Supervisor(ActorContext<Command> context, Env env, TimerScheduler<Command> timers) {
    super(context);
    // Akka guesses it from the stack, and with timers guesses a class of its own.
    context.setLoggerName(Supervisor.class);
    this.env = env;
    catalog = context.spawn(CatalogActor.create(env.catalog()), "catalog");
    router = context.spawn(Router.create(env.router(), catalog), "router");
    // Neither has a reason to end. If one does we end too, and the next start adopts what is
    // mounted.
    context.watch(catalog);
    context.watch(router);
    trace =
        new TraceLifecycle<>(
            context,
            env.trace(),
            env.status(),
            context.messageAdapter(TraceReport.class, Trace::new),
            router.narrow());
    warm = context.spawn(WarmActor.create(env.warm(), catalog, router), "warm");
    env.summary()
        .ifPresent(
            interval ->
                context.spawn(
                    SummaryActor.create(env.status(), interval, Supervisor::sumUp), "summary"));
    // What it found is in the status.
    catalog.tell(
        new CatalogActor.Subscribe(
            context.messageAdapter(Catalog.class, newest -> new NewCatalog())));
    timers.startSingleTimer(Timer.SCAN_IS_SLOW, FIRST_SCAN);
    // bpftrace compiles its program in the meantime.
    context.spawn(WarmupMount.create(env.rehearsal()), "rehearsal");
    tellStatus();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Trace.class, this::onTrace)
        .onMessage(ToRouter.class, this::onToRouter)
        .onMessage(Storage.class, this::onStorage)
        .onMessage(NewCatalog.class, newest -> traceForNamesOfNow())
        .onMessage(Apply.class, this::onApply)
        .onMessage(Rescan.class, this::onRescan)
        .onMessage(TraceStopped.class, stopped -> onTraceStopped())
        .onMessageEquals(Timer.SCAN_IS_SLOW, this::traceForNamesOfNow)
        .build();
  }

  private Behavior<Command> onToRouter(ToRouter message) {
    router.tell(message.command());
    return this;
  }

  private static void sumUp(String line) {
    LoggerFactory.getLogger(SummaryActor.class).info("{}", line);
  }

  private Behavior<Command> onStorage(Storage storage) {
    String now =
        storage.open()
            ? "the image storage does not answer: all mounts under way hang, and no other is tried"
            : null;
    env.status().storage(now);
    if (storage.open()) {
      getContext().getLog().warn("storage: {}", now);
    } else {
      getContext().getLog().info("storage: it answers again");
    }
    tellStatus();
    return this;
  }

  private Behavior<Command> traceForNamesOfNow() {
    trace.scanned();
    trace.start();
    return this;
  }

  private Behavior<Command> onRescan(Rescan rescan) {
    catalog.tell(new CatalogActor.Rescan(rescan.answerTo()));
    return this;
  }

  private Behavior<Command> onApply(Apply apply) {
    Settings settings = apply.settings();
    router.tell(new Router.SetMode(settings.mode()));
    router.tell(new Router.Retimed());
    catalog.tell(new CatalogActor.Interval(settings.catalog().rescan()));
    if (apply.trace().isPresent()) {
      // The service manager is told that the reload is over when the new trace was seen to work.
      if (trace.replace(apply.trace().get(), new TraceStopped())) {
        notTracing("the settings of the trace have changed, and it is started again");
      }
    } else if (env.status().state().runs()) {
      env.manager().ready(StatusLine.with("the settings were read anew", env.status()));
    }
    return this;
  }

  private Behavior<Command> onTraceStopped() {
    trace.stopped();
    return this;
  }

  private Behavior<Command> onTrace(Trace message) {
    if (trace.isStopping()) {
      // A canary of the old trace says nothing of the new one, which is not even started.
      return this;
    }
    TraceReport report = message.report();
    TraceStatus was = env.status().trace();
    if (report instanceof TraceReport.Started started) {
      // Its problem stays shown until the canary says that it is over.
      env.status()
          .trace(
              new TraceStatus(
                  started.program(), started.pid(), null, was.problem(), started.note()));
      tellNote(started.note());
    } else if (report instanceof TraceReport.CanaryBack canary) {
      env.status()
          .trace(new TraceStatus(was.program(), was.pid(), canary.millis(), null, was.note()));
      ready(canary.millis());
    } else if (report instanceof TraceReport.CanaryBlocked blocked) {
      env.status()
          .trace(new TraceStatus(was.program(), was.pid(), null, blocked.reason(), was.note()));
      degraded();
      // We are alive; ending us would not bring the storage back.
      env.manager().watchdog();
    } else if (report instanceof TraceReport.Failed failed) {
      env.trace().counters().restarts.increment();
      notTracing(failed.reason() + "; it is started again after a pause");
    }
    trace.reported(report);
    return this;
  }

  private void tellNote(String now) {
    if (now != null && !now.equals(note)) {
      getContext().getLog().warn("trace: {}", now);
    }
    note = now;
  }

  private void ready(double canaryMillis) {
    env.manager().watchdog();
    DaemonState was = env.status().state();
    if (was == DaemonState.READY || was == DaemonState.STOPPING) {
      return;
    }
    problem = null;
    env.status().state(DaemonState.READY);
    getContext()
        .getLog()
        .info(
            "{}: accesses are traced, a canary came back in {} ms",
            was == DaemonState.STARTING ? "ready" : "ready again",
            String.format("%.1f", canaryMillis));
    env.manager().ready(StatusLine.now(env.status(), env.router().root()));
    warm.tell(new WarmActor.Ready());
  }

  /** No trace runs, for this reason. */
  private void notTracing(String reason) {
    TraceStatus was = env.status().trace();
    env.status().trace(new TraceStatus(was.program(), null, null, reason, was.note()));
    degraded();
  }

  /** For the problem that the status has. */
  private void degraded() {
    String reason = env.status().trace().problem();
    if (env.status().state() == DaemonState.READY) {
      env.status().state(DaemonState.DEGRADED);
    }
    if (!reason.equals(problem)) {
      problem = reason;
      getContext().getLog().warn("trace: {}", reason);
    }
    tellStatus();
  }

  private void tellStatus() {
    env.manager().status(StatusLine.now(env.status(), env.router().root()));
  }
}
