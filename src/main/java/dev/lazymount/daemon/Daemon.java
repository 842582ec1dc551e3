package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlServer;
import dev.lazymount.doctor.Preflight;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.linux.Signals;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.program.TracePrograms;
import dev.lazymount.web.WebService;
import java.io.IOException;
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
 * <p>The end leaves every mount as it is: compilers are running from them, and a next daemon adopts
 * them. Nothing is unmounted because we end.
 */
public final class Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /** The actors get so long to end; systemd and the contract give us five seconds in all. */
  private static final Duration FAREWELL = Duration.ofSeconds(3);

  private final LiveSettings live;

  /** Those of the start. */
  private final Settings settings;

  private final NewestCatalog newest = new NewestCatalog();
  private final DaemonStatus status = new DaemonStatus();
  private final Instant start = Instant.now();
  private final ServiceManager manager = ServiceManager.from(System.getenv());

  /** What the end finds of these it ends; null before there is one. */
  private volatile ActorSystem<Supervisor.Command> system;

  private volatile ControlServer control;

  private Daemon(LiveSettings live) {
    this.live = live;
    this.settings = live.now();
  }

  /**
   * Runs the daemon until the process is told to end.
   *
   * @param live the settings, and how to read them anew
   * @param actors Akka's settings; to read them takes a while, in which other things go on
   * @throws StartFailure if it can't start, or the actors end by themselves
   */
  public static void run(LiveSettings live, Supplier<Config> actors) throws StartFailure {
    new Daemon(live).run(actors);
  }

  /**
   * SIGTERM and SIGINT run the JVM's shutdown hooks; ours ends everything in order, and then the
   * process with exit code 0 (the JVM's own would be 143). It is there before all else, because a
   * start may take long: a storage that hangs is waited for.
   */
  private void run(Supplier<Config> actors) throws StartFailure {
    Thread hook = new Thread(this::endOnSignal, "end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      start(actors);
    } finally {
      standDown(hook);
    }
  }

  /** What ends by itself has an exit code of its own. */
  private static void standDown(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // A signal came first, and the hook runs.
      LOG.debug("ending already");
    }
  }

  private void start(Supplier<Config> actors) throws StartFailure {
    TracePrograms.prepare(settings);
    List<String> problems = Preflight.fatal(settings);
    if (!problems.isEmpty()) {
      throw new StartFailure(String.join("; ", problems));
    }
    makeOwn(settings.runDir());
    makeOwn(settings.lockDir());
    Reloader reloader = new Reloader(live, status, manager);
    ControlHandlers commands = new ControlHandlers(live, newest, status, reloader);
    try (Flock only = onlyOne()) {
      StartupPrefetch head =
          StartupPrefetch.begin(
              Assembly.scanner(settings), status, Assembly.TracePart.real(settings, status));
      start(actors.get(), head, commands, reloader);
    }
  }

  private void start(
      Config actors, StartupPrefetch head, ControlHandlers commands, Reloader reloader)
      throws StartFailure {
    try (ControlServer server =
        ControlServer.start(
            settings.runDir(), settings.control().group(), this::report, commands.all())) {
      control = server;
      system = Assembly.start(live::now, actors, newest, status, manager, head);
      reloader.appliesTo(system);
      commands.begin(system);
      Signals.onHangup(reloader::reloadByItself);
      if (settings.metrics().enabled()) {
        serveWeb(commands);
      }
      LOG.info("lazymount runs as {} over {}", ProcessHandle.current().pid(), settings.root());
      MemoryTrim.until(system.getWhenTerminated().toCompletableFuture(), status);
      if (status.state() == DaemonState.STOPPING) {
        // The hook ends the process with exit code 0 when it is done.
        new CountDownLatch(1).await();
      }
      throw new StartFailure("the actors have ended by themselves; the log says why");
    } catch (IOException e) {
      throw new StartFailure("can't make the control socket: " + e.getMessage());
    } catch (InterruptedException e) {
      throw new StartFailure("interrupted");
    }
  }

  /** On a thread of its own, which ends with the process. */
  private void serveWeb(ControlHandlers commands) throws IOException {
    Settings.Metrics web = settings.metrics();
    // A literal, which is not looked up.
    InetAddress address = InetAddress.getByName(web.bind());
    String version = System.getProperty("lazymount.version", "unknown");
    WebService.start(
        new WebService.Env(
            new InetSocketAddress(address, web.port()),
            web.hosts(),
            status,
            this::report,
            Optional.of(commands::explanation),
            version));
  }

  private StatusReport report() {
    return StatusReport.of(status, settings.root().toString(), start);
  }

  private static void makeOwn(Path directory) throws StartFailure {
    try {
      PrivateDirectory.make(directory);
    } catch (IOException e) {
      throw new StartFailure(e.getMessage());
    }
  }

  private Flock onlyOne() throws StartFailure {
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
      return;
    }
    status.state(DaemonState.STOPPING);
    manager.stopping();
    LOG.info("stopping; what is mounted stays mounted");
    endActors();
    endControl();
    Runtime.getRuntime().halt(0);
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
          .get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      // A mount that hangs holds its thread; bpftrace was killed first, and the kernel does the
      // rest.
      LOG.warn("not everything ended within {} s: {}", FAREWELL.toSeconds(), e.toString());
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
