package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlServer;
import dev.lazymount.doctor.Preflight;
import dev.lazymount.learned.Learned;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.readahead.ReadAhead;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import dev.lazymount.systemd.LogQueue;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.program.TracePrograms;
import dev.lazymount.web.WebService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The boot sequence and the end, on the main thread.
 *
 * <p>The end leaves every mount in place: compilers are running from them, and the next daemon
 * adopts them.
 */
public final class Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /** How long the actors may take to end; the contract and systemd allow five seconds in all. */
  private static final Duration ACTORS_END = Duration.ofSeconds(3);

  private final LiveSettings live;

  /** Those of the start. */
  private final Settings settings;

  private final ReloadSignal hangup;
  private final NewestCatalog newest = new NewestCatalog();
  private final DaemonStatus status = new DaemonStatus();
  private final Instant start = Instant.now();
  private final ServiceManager manager = ServiceManager.from(System.getenv());

  /** For the shutdown hook; null until started. */
  private volatile ActorSystem<Supervisor.Command> system;

  private volatile ControlServer control;

  private Daemon(LiveSettings live, ReloadSignal hangup) {
    this.live = live;
    this.settings = live.now();
    this.hangup = hangup;
  }

  /**
   * Runs the daemon until a signal ends the process.
   *
   * @param live reads the settings; called once, when SIGHUP can no longer end the process
   * @param actors reads Akka's settings; called once
   * @throws StartFailure if it can't start, or if the actors end by themselves
   */
  public static void run(Supplier<LiveSettings> live, Supplier<Config> actors) throws StartFailure {
    ReloadSignal hangup = ReloadSignal.install();
    new Daemon(live.get(), hangup).run(actors);
  }

  /**
   * SIGTERM and SIGINT run the JVM's shutdown hooks; this one ends everything in order, and then
   * the process with exit code 0 (the JVM's own would be 143). It is installed first, because a
   * start may take long.
   */
  private void run(Supplier<Config> actors) throws StartFailure {
    Thread hook = new Thread(this::endOnSignal, "end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      start(actors);
    } finally {
      remove(hook);
      LogQueue.flush();
    }
  }

  /** An end without a signal has its own exit code. */
  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.debug("the shutdown hook is running already");
    }
  }

  private void start(Supplier<Config> actors) throws StartFailure {
    TracePrograms.prepare(settings);
    List<String> problems = Preflight.fatal(settings);
    if (!problems.isEmpty()) {
      throw new StartFailure(String.join("; ", problems));
    }
    makePrivate(settings.runDir());
    makePrivate(settings.lockDir());
    Reloader reloader = new Reloader(live, status, manager);
    ControlHandlers handlers = new ControlHandlers(live, newest, status, reloader);
    reloader.also(handlers::reloadHolds);
    try (Flock lock = instanceLock()) {
      cleanLockDirectory();
      EarlyStart early =
          EarlyStart.begin(
              Assembly.scanner(settings),
              Assembly.TracePart.real(settings, status),
              status,
              settings.root().toString());
      run(actors.get(), early, handlers, reloader);
    }
  }

  private void cleanLockDirectory() {
    try {
      KernelMounter.clean(settings.lockDir());
    } catch (SyscallException e) {
      LOG.warn("{} is not cleaned up: {}", settings.lockDir(), e.getMessage());
    }
  }

  private void run(Config actors, EarlyStart early, ControlHandlers handlers, Reloader reloader)
      throws StartFailure {
    LOG.info(
        "starting: pid {}, root {}, images {}",
        ProcessHandle.current().pid(),
        settings.root(),
        settings.images());
    try (ControlServer server =
        ControlServer.start(
            settings.runDir(), settings.control().group(), this::report, handlers.all())) {
      control = server;
      if (settings.readAhead().enabled()) {
        ReadAhead.start(settings, status);
      }
      system = Assembly.start(live::now, actors, newest, status, manager, early);
      handlers.connect(system);
      reloader.connect(system);
      hangup.connect(reloader::reloadOnSignal);
      if (settings.metrics().enabled()) {
        startWeb(handlers);
      }
      MemoryRelease.until(
          system.getWhenTerminated().toCompletableFuture(), status.counters().mounts::sum);
      if (status.state() == DaemonState.STOPPING) {
        // The shutdown hook ends the process with exit code 0.
        new CountDownLatch(1).await();
      }
      throw new StartFailure("the actors have stopped after an error, see the log");
    } catch (IOException e) {
      throw new StartFailure("can't open the control socket: " + e.getMessage());
    } catch (InterruptedException e) {
      throw new StartFailure("interrupted");
    }
  }

  /** On a thread of its own, which ends with the process. */
  private void startWeb(ControlHandlers handlers) throws IOException {
    Settings.Metrics web = settings.metrics();
    // A literal address, so this asks no name server.
    InetAddress address = InetAddress.getByName(web.bind());
    String version = System.getProperty("lazymount.version", "unknown");
    WebService.start(
        new WebService.Env(
            new InetSocketAddress(address, web.port()),
            web.hosts(),
            status,
            this::report,
            Optional.of(handlers::explanation),
            Optional.of(this::learned),
            version));
  }

  private String learned() {
    try {
      return Learned.export(settings.stateDir(), problem -> LOG.warn("read-ahead: {}", problem));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private StatusReport report() {
    return StatusReport.of(status, settings.root().toString(), start);
  }

  private static void makePrivate(Path directory) throws StartFailure {
    try {
      PrivateDirectory.make(directory);
    } catch (IOException e) {
      throw new StartFailure(e.getMessage());
    }
  }

  private Flock instanceLock() throws StartFailure {
    try {
      return InstanceLock.take(settings.runDir())
          .orElseThrow(
              () ->
                  new StartFailure(
                      "another daemon runs with run-dir "
                          + settings.runDir()
                          + "; stop it or set another run-dir"));
    } catch (IOException e) {
      throw new StartFailure("can't lock " + settings.runDir() + ": " + e.getMessage());
    }
  }

  private void endOnSignal() {
    if (system != null && system.whenTerminated().isCompleted()) {
      // They ended by themselves, and the main thread reports that.
      return;
    }
    status.state(DaemonState.STOPPING);
    manager.stopping();
    LOG.info("stopping: images stay mounted");
    Thread shutdown = new Thread(HungShutdown.of(settings.root())::run, "hung-shutdown");
    shutdown.setDaemon(true);
    shutdown.start();
    endActors();
    endControl();
    await(shutdown);
    LogQueue.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void await(Thread shutdown) {
    try {
      shutdown.join(HungShutdown.LONGEST.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void endActors() {
    if (system == null) {
      return;
    }
    try {
      system.terminate();
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(ACTORS_END.toMillis(), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      // A mount that hangs keeps its thread until the process ends. bpftrace is killed by now.
      LOG.warn(
          "stopping: the actors did not end within {} s, exiting without them",
          ACTORS_END.toSeconds());
    }
  }

  private void endControl() {
    try {
      if (control != null) {
        control.close();
      }
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
    }
  }
}
