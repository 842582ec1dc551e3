package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.SupervisorStrategy;
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
import dev.lazymount.trace.TraceSource;
import dev.lazymount.warm.WarmActor;
import dev.lazymount.warm.WarmEnv;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The root of all actors: starts catalog, router, trace, warm list and summary, and owns the life
 * cycle ({@link DaemonState}).
 *
 * <p>The first canary that comes back makes the daemon ready; from then on canaries feed the
 * service manager's watchdog. What happens when a child fails:
 *
 * <ul>
 *   <li>trace: restarted with a back-off, and the daemon is degraded until a canary comes back. No
 *       MountActor stops: those are children of the router.
 *   <li>catalog, router: the daemon ends, and its next start adopts what is mounted.
 *   <li>warm list, summary: restarted with a back-off; the daemon works without them.
 * </ul>
 */
public final class Supervisor extends AbstractBehavior<Supervisor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /** For the router, from outside of the actors. */
  record ToRouter(Router.Command command) implements Command {}

  /** Scan now, and answer with what that changed. */
  record Rescan(ActorRef<CatalogChanges> answerTo) implements Command {}

  /**
   * Other settings are in force.
   *
   * @param settings in force now
   * @param trace for a new trace; empty if the running one continues
   */
  record Apply(Settings settings, Optional<TraceEnv> trace) implements Command {}

  /** A report of the trace. */
  record Trace(TraceReport report) implements Command {}

  /** All mount threads hang ({@code open}), or one of them has returned. */
  record Storage(boolean open) implements Command {}

  /** What the paths of root and images lead to, from the {@link RootWatch}. */
  record Directories(RootWatch.Sight sight) implements Command {}

  private record NewCatalog() implements Command {}

  private record TraceStopped() implements Command {}

  private enum Timer implements Command {
    FIRST_SCAN_IS_SLOW,
    FIRST_LOOK_IS_SLOW,
    CPUS
  }

  /** Reads which CPUs are online. */
  interface Cpus {
    /** Each with a number that changes when it comes back. */
    Map<Integer, Long> online() throws IOException;
  }

  /**
   * What the Supervisor works with.
   *
   * @param catalog for the catalog
   * @param router for the router and the MountActors
   * @param trace for the first trace
   * @param newTrace for a trace of another root directory, with the settings of then
   * @param cpus for the trace, which is restarted for a CPU that comes online
   * @param directories starts to watch root and images, for this listener
   * @param images path of the image directory
   * @param warm for the warm list
   * @param summary the time between two summaries in the log; empty for none
   * @param status where the life cycle is shown
   * @param manager receives the life cycle
   */
  public record Env(
      CatalogActor.Env catalog,
      RouterEnv router,
      TraceEnv trace,
      Supplier<TraceEnv> newTrace,
      Cpus cpus,
      Consumer<Consumer<RootWatch.Sight>> directories,
      String images,
      WarmEnv warm,
      Optional<Duration> summary,
      DaemonStatus status,
      ServiceManager manager) {}

  /**
   * How long the trace waits for the first scan, whose deepest name decides the trace program. With
   * a slower scan the program is made without it, and renewed if it does not fit.
   */
  private static final Duration FIRST_SCAN = Duration.ofMillis(200);

  /**
   * How long the trace waits for the first look at the root. A trace that starts without a root
   * would fail, and with {@code trace.program = auto} choose its program by that failure.
   */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(2);

  private final Env env;
  private final ActorRef<CatalogActor.Command> catalog;
  private final ActorRef<Router.Command> router;
  private final ActorRef<WarmActor.Command> warm;
  private final TraceLifecycle<Command> trace;
  private final CpuWatch cpus = new CpuWatch(System::nanoTime);
  private Duration startExtension;

  /** What the paths lead to; null until the first look has ended. */
  private RootWatch.Sight directories;

  /** The first scan has ended, or takes long. */
  private boolean scanned;

  /** The first look takes long: the storage hangs, which the trace then reports. */
  private boolean lookIsSlow;

  /** What the log has last: the same is not logged again and again. */
  private String loggedProblem;

  private String loggedNote;

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
    startExtension = startExtension(env.trace());
    // Neither catches its failures: watched, each ends this actor with it (DeathPact).
    catalog = context.spawn(CatalogActor.create(env.catalog()), "catalog");
    context.watch(catalog);
    router = context.spawn(Router.create(env.router(), catalog), "router");
    context.watch(router);
    trace =
        new TraceLifecycle<>(
            context,
            env.trace(),
            env.status(),
            context.messageAdapter(TraceReport.class, Trace::new),
            router.narrow());
    warm =
        context.spawn(
            restarting(WarmActor.create(env.warm(), catalog, router)),
            "warm",
            DispatcherSelector.fromConfig(WarmActor.DISPATCHER));
    env.summary()
        .ifPresent(
            interval ->
                context.spawn(
                    restarting(SummaryActor.create(env.status(), interval, Supervisor::logSummary)),
                    "summary"));
    // What the scan found is in the status.
    catalog.tell(
        new CatalogActor.Subscribe(
            context.messageAdapter(Catalog.class, newest -> new NewCatalog())));
    timers.startSingleTimer(Timer.FIRST_SCAN_IS_SLOW, FIRST_SCAN);
    timers.startSingleTimer(Timer.FIRST_LOOK_IS_SLOW, FIRST_LOOK);
    timers.startTimerWithFixedDelay(Timer.CPUS, Duration.ZERO, CpuWatch.INTERVAL);
    ActorRef<Command> self = context.getSelf();
    env.directories().accept(sight -> self.tell(new Directories(sight)));
    sendStatus();
  }

  /** Each failure is logged by Akka, with its stack trace. */
  private static <T> Behavior<T> restarting(Behavior<T> child) {
    return Behaviors.supervise(child)
        .onFailure(
            Exception.class,
            SupervisorStrategy.restartWithBackoff(
                Duration.ofSeconds(1), Duration.ofMinutes(10), 0.2));
  }

  private static void logSummary(String line) {
    LoggerFactory.getLogger(SummaryActor.class).info("{}", line);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(ToRouter.class, this::onToRouter)
        .onMessage(Rescan.class, this::onRescan)
        .onMessage(Apply.class, this::onApply)
        .onMessage(NewCatalog.class, newest -> startOrRenewTrace())
        .onMessageEquals(Timer.FIRST_SCAN_IS_SLOW, this::startOrRenewTrace)
        .onMessageEquals(Timer.FIRST_LOOK_IS_SLOW, this::onLookIsSlow)
        .onMessageEquals(Timer.CPUS, this::onCpus)
        .onMessage(Directories.class, this::onDirectories)
        .onMessage(TraceStopped.class, stopped -> onTraceStopped())
        .onMessage(Trace.class, this::onTrace)
        .onMessage(Storage.class, this::onStorage)
        .build();
  }

  // --- requests from outside ---

  private Behavior<Command> onToRouter(ToRouter message) {
    router.tell(message.command());
    return this;
  }

  private Behavior<Command> onRescan(Rescan rescan) {
    catalog.tell(new CatalogActor.Rescan(rescan.answerTo()));
    return this;
  }

  private Behavior<Command> onApply(Apply apply) {
    Settings settings = apply.settings();
    router.tell(new Router.SetMode(settings.mode()));
    router.tell(new Router.SettingsChanged());
    catalog.tell(new CatalogActor.Interval(settings.catalog().rescan()));
    if (apply.trace().isPresent()) {
      TraceEnv next = apply.trace().get();
      startExtension = startExtension(next);
      // READY=1, which ends the reload for the service manager, follows when the new trace works.
      if (trace.replace(next, new TraceStopped())) {
        cpus.stopped();
        traceIsDown("the settings of the trace have changed; restarting it");
      }
    } else if (env.status().state().runs()) {
      env.manager().ready(StatusLine.with("settings reloaded", env.status()));
    }
    return this;
  }

  // --- the trace ---

  private Behavior<Command> startOrRenewTrace() {
    scanned = true;
    trace.scanned();
    startTrace();
    return this;
  }

  private void startTrace() {
    boolean rootIsThere = directories == null ? lookIsSlow : !directories.root().isMissing();
    if (scanned && rootIsThere) {
      trace.start();
    }
  }

  private Behavior<Command> onLookIsSlow() {
    lookIsSlow = true;
    startTrace();
    return this;
  }

  private Behavior<Command> onTraceStopped() {
    trace.stopped();
    startTrace();
    return this;
  }

  private Behavior<Command> onTrace(Trace message) {
    if (trace.isStopping()) {
      // A canary of the old trace proves nothing about the new one, which has not even started.
      return this;
    }
    TraceReport report = message.report();
    if (report instanceof TraceReport.Started started) {
      cpus.started();
      onStarted(started);
    } else if (report instanceof TraceReport.CanaryBack canary) {
      onCanaryBack(canary);
    } else if (report instanceof TraceReport.CanaryBlocked blocked) {
      onCanaryBlocked(blocked);
    } else if (report instanceof TraceReport.Failed failed) {
      cpus.stopped();
      env.trace().counters().restarts.increment();
      traceIsDown(failed.reason() + "; restarting after a back-off");
    }
    trace.reported(report);
    return this;
  }

  private void onStarted(TraceReport.Started started) {
    // A problem stays shown until a canary comes back.
    String problem = env.status().trace().problem();
    env.status()
        .trace(new TraceStatus(started.program(), started.pid(), null, problem, started.note()));
    if (started.note() != null && !started.note().equals(loggedNote)) {
      getContext()
          .getLog()
          .atLevel(env.status().trace().isPathByFallback() ? Level.WARN : Level.INFO)
          .log("trace: {}", started.note());
    }
    loggedNote = started.note();
  }

  private void onCanaryBack(TraceReport.CanaryBack canary) {
    TraceStatus was = env.status().trace();
    env.status()
        .trace(new TraceStatus(was.program(), was.pid(), canary.millis(), null, was.note()));
    env.manager().watchdog();
    DaemonState state = env.status().state();
    if (state == DaemonState.STARTING || state == DaemonState.DEGRADED) {
      loggedProblem = null;
      env.status().state(DaemonState.READY);
      getContext()
          .getLog()
          .info(
              "{}: accesses under {} are traced; the canary took {} ms",
              state == DaemonState.STARTING ? "ready" : "ready again",
              env.router().root(),
              String.format(Locale.ROOT, "%.1f", canary.millis()));
      env.manager().ready(statusLine());
    } else if (was.problem() != null) {
      getContext().getLog().info("trace: restarted");
      sendStatus();
    }
    // With each canary, because a restarted WarmActor does not know.
    warm.tell(new WarmActor.Ready());
  }

  private void onCanaryBlocked(TraceReport.CanaryBlocked blocked) {
    TraceStatus was = env.status().trace();
    env.status()
        .trace(new TraceStatus(was.program(), was.pid(), null, blocked.reason(), was.note()));
    traceDoesNotWork(blocked.reason());
    // The daemon is alive, and killing it would not bring the storage back: neither the watchdog
    // nor the time-out of the start may expire.
    env.manager().watchdog();
    if (env.status().state() == DaemonState.STARTING) {
      env.manager().extendTimeout(startExtension);
    }
  }

  /**
   * How long a start may take from a report that the storage hangs: until the next such report, or,
   * if the storage has responded, until the trace program is compiled and a canary has come back.
   */
  private static Duration startExtension(TraceEnv trace) {
    return trace
        .canaryInterval()
        .multipliedBy(2)
        .plus(trace.settings().canaryTimeout().multipliedBy(TraceSource.START_PATIENCE));
  }

  /** No trace is running. */
  private void traceIsDown(String reason) {
    TraceStatus was = env.status().trace();
    env.status().trace(new TraceStatus(was.program(), null, null, reason, was.note()));
    traceDoesNotWork(reason);
  }

  /** A daemon that never was ready stays STARTING. */
  private void traceDoesNotWork(String reason) {
    if (env.status().state() == DaemonState.READY) {
      env.status().state(DaemonState.DEGRADED);
    }
    if (!reason.equals(loggedProblem)) {
      loggedProblem = reason;
      getContext().getLog().warn("trace: {}", reason);
    }
    sendStatus();
  }

  // --- the CPUs ---

  /** The state stays: what the other CPUs do was traced until now, and is again in a moment. */
  private Behavior<Command> onCpus() {
    SortedSet<Integer> gained;
    try {
      gained = cpus.look(env.cpus().online());
    } catch (IOException e) {
      getContext().getLog().debug("can't read which CPUs are online: {}", e.toString());
      return this;
    }
    if (!gained.isEmpty() && trace.stop(new TraceStopped())) {
      String reason = "restarting the trace: " + named(gained) + " came online";
      getContext().getLog().info("trace: {}", reason);
      TraceStatus was = env.status().trace();
      env.status().trace(new TraceStatus(was.program(), null, null, reason, was.note()));
      sendStatus();
    }
    return this;
  }

  private static String named(SortedSet<Integer> cpus) {
    return (cpus.size() == 1 ? "CPU " : "CPUs ")
        + cpus.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  // --- the directories ---

  private Behavior<Command> onDirectories(Directories message) {
    RootWatch.Sight was = directories;
    RootWatch.Sight now = message.sight();
    directories = now;
    if (was == null && !now.root().isMissing() && !now.images().isMissing()) {
      startTrace();
    } else if (!now.equals(was)) {
      env.status().waitingFor(now.waitingFor(env.router().root(), env.images()));
      onRoot(was == null ? null : was.root(), now.root());
      onImages(was == null ? null : was.images(), now.images());
      sendDirectories();
    }
    if (now.root().isMissing()) {
      // No canary can be sent, and killing the daemon would not bring the root back.
      env.manager().watchdog();
    }
    return this;
  }

  /**
   * A start without a root ends with READY=1: nothing that is ordered after the daemon may wait for
   * a root that only it makes.
   */
  private void sendDirectories() {
    if (directories.root().isMissing() && env.status().state() == DaemonState.STARTING) {
      env.manager().ready(statusLine());
    } else {
      sendStatus();
    }
  }

  private void onRoot(RootWatch.Place was, RootWatch.Place now) {
    String root = env.router().root();
    if (now.isMissing()) {
      if (was == null || !was.isMissing()) {
        getContext().getLog().warn("waiting for root {}, which {}", root, now.problem());
        rootIsMissing();
      }
    } else if (was == null) {
      startTrace();
    } else if (was.isMissing()) {
      getContext().getLog().info("root {} exists now", root);
      rootChanged();
      startTrace();
    } else if (!was.equals(now)) {
      if (!was.isSameDirectory(now) && trace.replace(env.newTrace().get(), new TraceStopped())) {
        cpus.stopped();
        traceIsDown("root " + root + " is another directory now; restarting the trace");
      }
      rootChanged();
    }
  }

  /** A daemon that never was ready stays STARTING. */
  private void rootIsMissing() {
    trace.replace(env.newTrace().get(), new TraceStopped());
    cpus.stopped();
    TraceStatus was = env.status().trace();
    env.status().trace(new TraceStatus(was.program(), null, null, null, was.note()));
    loggedProblem = null;
    if (env.status().state() == DaemonState.READY) {
      env.status().state(DaemonState.DEGRADED);
    }
  }

  /** Its symlinks are other ones, and its mounts. */
  private void rootChanged() {
    router.tell(new Router.RootChanged());
    rescan();
  }

  private void onImages(RootWatch.Place was, RootWatch.Place now) {
    if (now.isMissing()) {
      if (was == null || !was.isMissing()) {
        getContext().getLog().warn("waiting for images {}, which {}", env.images(), now.problem());
      }
    } else if (was != null && !was.equals(now)) {
      getContext().getLog().info("images {} changed or appeared; rescanning", env.images());
      rescan();
    }
  }

  private void rescan() {
    catalog.tell(new CatalogActor.Rescan(getContext().getSystem().ignoreRef()));
  }

  // --- the image storage ---

  /** Shown and logged; the state is that of the trace, which works without the image storage. */
  private Behavior<Command> onStorage(Storage storage) {
    String problem =
        storage.open()
            ? "the image storage does not respond: every mount thread hangs, no mount is attempted"
            : null;
    env.status().storage(problem);
    if (storage.open()) {
      getContext().getLog().warn("storage: {}", problem);
    } else {
      getContext().getLog().info("storage: the image storage responds again");
    }
    sendStatus();
    return this;
  }

  private void sendStatus() {
    env.manager().status(statusLine());
  }

  private String statusLine() {
    return StatusLine.now(env.status(), env.router().root());
  }
}
