package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import com.typesafe.config.Config;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.OwnDirectory;
import dev.lazymount.linux.Signals;
import dev.lazymount.ops.ControlServer;
import dev.lazymount.ops.ServiceManager;
import dev.lazymount.ops.StatusReport;
import dev.lazymount.state.DaemonState;
import dev.lazymount.state.DaemonStatus;
import dev.lazymount.trace.ResolvedProgram;
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

  private void run(Supplier<Config> actors) throws StartFailure {
    if (settings.trace().program() != Settings.Program.PATH) {
      ResolvedProgram.prepare();
    }
    List<String> problems = Machine.fatal(settings);
    if (!problems.isEmpty()) {
      throw new StartFailure(String.join("; ", problems));
    }
    makeOwn(settings.runDir());
    makeOwn(settings.lockDir());
    Reloader reloader = new Reloader(live, status, manager);
    Commands commands = new Commands(live, newest, status, reloader);
    try (Flock only = onlyOne()) {
      HeadStart head =
          HeadStart.begin(
              Assembly.scanner(settings), status, Assembly.TracePart.real(settings, status));
      run(actors.get(), head, commands, reloader);
    }
  }

  private void run(Config actors, HeadStart head, Commands commands, Reloader reloader)
      throws StartFailure {
    try (ControlServer control =
        ControlServer.start(
            settings.runDir(), settings.control().group(), this::report, commands.all())) {
      ActorSystem<Supervisor.Command> system =
          Assembly.start(live::now, actors, newest, status, manager, head);
      reloader.appliesTo(system);
      commands.begin(system);
      Signals.onHangup(reloader::reloadByItself);
      CountDownLatch ended = endOnSignal(system, control);
      if (settings.metrics().enabled()) {
        serveWeb(commands);
      }
      LOG.info("lazymount runs as {} over {}", ProcessHandle.current().pid(), settings.root());
      MemoryTrim.until(system.getWhenTerminated().toCompletableFuture(), status);
      if (status.state() == DaemonState.STOPPING) {
        // The hook ends the process with exit code 0 when it is done.
        ended.await();
      }
      throw new StartFailure("the actors have ended by themselves; the log says why");
    } catch (IOException e) {
      throw new StartFailure("can't make the control socket: " + e.getMessage());
    } catch (InterruptedException e) {
      throw new StartFailure("interrupted");
    }
  }

  /** On a thread of its own, which ends with the process. */
  private void serveWeb(Commands commands) throws IOException {
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
      OwnDirectory.make(directory);
    } catch (IOException e) {
      throw new StartFailure(e.getMessage());
    }
  }

  private Flock onlyOne() throws StartFailure {
    try {
      return OnlyOne.take(settings.runDir())
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

  /**
   * SIGTERM and SIGINT run the JVM's shutdown hooks; ours ends everything in order, and then the
   * process with exit code 0 (the JVM's own would be 143).
   */
  private CountDownLatch endOnSignal(
      ActorSystem<Supervisor.Command> system, ControlServer control) {
    CountDownLatch never = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (system.whenTerminated().isCompleted()) {
                    return;
                  }
                  status.state(DaemonState.STOPPING);
                  manager.stopping();
                  LOG.info("stopping; what is mounted stays mounted");
                  end(system, control);
                  Runtime.getRuntime().halt(0);
                },
                "end"));
    return never;
  }

  private static void end(ActorSystem<Supervisor.Command> system, ControlServer control) {
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
    try {
      control.close();
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
    }
  }
}
