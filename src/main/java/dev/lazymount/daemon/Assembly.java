package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.hold.HoldFile;
import dev.lazymount.linux.OnlineCpus;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.mount.MountActor;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.MountTimes;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.StorageCircuit;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.mount.kernel.QuietRule;
import dev.lazymount.mount.kernel.Reconcile;
import dev.lazymount.route.RouteSettings;
import dev.lazymount.route.RouterEnv;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.Bpftrace;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceProgram;
import dev.lazymount.trace.program.TracePrograms;
import dev.lazymount.trace.program.Walk;
import dev.lazymount.warm.WarmEnv;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/** Makes what each actor works with from the settings, and starts the actors. */
public final class Assembly {
  private static final String DISPATCHERS = "lazymount-dispatchers";

  private final Settings settings;
  private final Supplier<Settings> live;
  private final NewestCatalog newest;
  private final DaemonStatus status;
  private final ServiceManager manager;
  private final ActorSystem<?> system;

  /**
   * The parts of the trace that a test or the training run replaces.
   *
   * @param programs makes trace programs
   * @param launcher starts bpftrace with one
   */
  record TracePart(TraceProgram.Factory programs, TraceProcess.Launcher launcher) {
    static TracePart real(Settings settings, DaemonStatus status) {
      return new TracePart(
          TracePrograms.of(settings, status::deepestName, status::longestComponent),
          Bpftrace.launcher(settings));
    }
  }

  /** With settings that stay; {@code system} has the dispatchers. */
  Assembly(Settings settings, DaemonStatus status, ServiceManager manager, ActorSystem<?> system) {
    this(() -> settings, new NewestCatalog(), status, manager, system);
  }

  /** With settings that a reload may change. */
  Assembly(
      Supplier<Settings> live,
      NewestCatalog newest,
      DaemonStatus status,
      ServiceManager manager,
      ActorSystem<?> system) {
    this.settings = live.get();
    this.live = live;
    this.newest = newest;
    this.status = status;
    this.manager = manager;
    this.system = system;
  }

  /**
   * Starts all actors.
   *
   * @param live the settings in force; called again for those that a reload may change
   * @param actors Akka's settings
   * @param newest receives each new catalog
   * @param status receives what status shows
   * @param manager receives the life cycle
   * @param early the first scan and the first run of bpftrace
   */
  static ActorSystem<Supervisor.Command> start(
      Supplier<Settings> live,
      Config actors,
      NewestCatalog newest,
      DaemonStatus status,
      ServiceManager manager,
      EarlyStart early) {
    Config sized =
        ConfigFactory.parseString(
                DISPATCHERS
                    + ".mount.thread-pool-executor.fixed-pool-size = "
                    + live.get().mount().concurrency())
            .withFallback(actors);
    return ActorSystem.create(
        Behaviors.<Supervisor.Command>setup(
            context ->
                Supervisor.create(
                    new Assembly(live, newest, status, manager, context.getSystem())
                        .env(early, open -> context.getSelf().tell(new Supervisor.Storage(open))))),
        "lazymount",
        sized);
  }

  private Supervisor.Env env(EarlyStart early, Consumer<Boolean> storage) {
    return new Supervisor.Env(
        catalog(early.scanner(scanner(settings))),
        router(storage),
        trace(early.trace()),
        () ->
            new Assembly(live, newest, status, manager, system)
                .trace(TracePart.real(live.get(), status)),
        OnlineCpus::read,
        this::watchDirectories,
        settings.images().toString(),
        warm(),
        settings.log().summary(),
        status,
        manager);
  }

  private void watchDirectories(Consumer<RootWatch.Sight> listener) {
    RootWatch.start(settings.root().toString(), settings.images().toString(), listener);
  }

  /** The full name of a dispatcher of actors.conf. */
  static String dispatcher(String name) {
    return DISPATCHERS + "." + name;
  }

  private Executor executor(String name) {
    return system.dispatchers().lookup(DispatcherSelector.fromConfig(dispatcher(name)));
  }

  /** Scans the image directory. */
  public static CatalogActor.Scanner scanner(Settings settings) {
    return previous ->
        CatalogScan.scan(
            settings.images().toString(),
            settings.root().toString(),
            settings.imageSuffixes(),
            previous);
  }

  /** What the catalog works with. */
  CatalogActor.Env catalog(CatalogActor.Scanner scanner) {
    return new CatalogActor.Env(
        newest.keepingOf(scanner),
        executor("catalog"),
        settings.catalog().rescan(),
        settings.mount().timeout(),
        status);
  }

  private RouterEnv router(Consumer<Boolean> storage) {
    MountEnv mounts =
        new MountEnv(
            new KernelMounter(
                settings.root(),
                settings.images(),
                settings.lockDir(),
                settings.imageSuffixes(),
                settings.mount(),
                QuietRule.fromNow(() -> RouteSettings.of(live.get()).quietAfterWrite())),
            executor("mount"),
            status,
            LoggerFactory.getLogger(MountActor.class),
            settings.root().toString(),
            settings.images().toString(),
            () -> MountTimes.of(live.get()),
            new StorageCircuit(settings.mount().concurrency(), storage),
            System::nanoTime);
    Reconcile reconcile = new Reconcile(status, settings);
    status.mode(settings.mode());
    status.useInterval(Walk.useInterval(settings));
    return new RouterEnv(
        settings.root().toString(),
        mounts,
        reconcile::mounted,
        reconcile::suspects,
        holds(),
        ProcessMounts::sight,
        () -> RouteSettings.of(live.get()),
        executor("catalog"));
  }

  /** A damaged file must not keep the daemon from starting; the log names it. */
  private Map<String, OperatorHold> holds() {
    try {
      return new HoldFile(settings.stateDir()).read();
    } catch (IOException e) {
      LoggerFactory.getLogger(HoldFile.class).warn("holds: {}; no name is held", e.getMessage());
      return Map.of();
    }
  }

  /** What the trace works with. */
  TraceEnv trace(TracePart part) {
    return new TraceEnv(
        settings.trace(),
        part.programs(),
        part.launcher(),
        settings.root() + "/" + Canary.PREFIX,
        executor("canary"),
        dispatcher("trace"),
        canaryInterval(),
        status.counters());
  }

  private WarmEnv warm() {
    return new WarmEnv(settings.stateDir(), settings.warm().seed(), settings.warm().max(), status);
  }

  /** At least three per period of the watchdog, which canaries feed: one or two may be late. */
  private Duration canaryInterval() {
    Duration wanted = settings.trace().canary();
    return manager
        .watchdogInterval()
        .map(period -> period.dividedBy(3))
        .filter(most -> most.compareTo(wanted) < 0)
        .orElse(wanted);
  }
}
