package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import dev.lazymount.config.InvalidSettingsException;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.Problem;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceEnv;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reloads the settings while the daemon runs, for SIGHUP and for {@code lazymount reload}. Invalid
 * settings change nothing. Thread-safe.
 */
final class Reloader {
  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

  private final LiveSettings live;
  private final DaemonStatus status;
  private final ServiceManager manager;
  private ActorSystem<Supervisor.Command> system;
  private Runnable alsoReload = () -> {};

  /**
   * The answer to {@code lazymount reload --json}.
   *
   * @param applied in force now
   * @param needRestart in force after a restart
   * @param problems why nothing was changed; empty if the settings are valid
   */
  record Outcome(
      List<LiveSettings.Change> applied,
      List<LiveSettings.Change> needRestart,
      List<String> problems) {}

  Reloader(LiveSettings live, DaemonStatus status, ServiceManager manager) {
    this.live = live;
    this.status = status;
    this.manager = manager;
  }

  /** These actors follow the settings; until then no reload is possible. */
  synchronized void connect(ActorSystem<Supervisor.Command> actors) {
    system = actors;
  }

  /** What else a reload reads again. */
  synchronized void also(Runnable action) {
    alsoReload = action;
  }

  /** Reloads, with the log as the only answer. */
  void reloadOnSignal() {
    try {
      reload();
    } catch (ControlRefusal e) {
      LOG.warn("reload: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("reload: internal error, please report it", e);
    }
  }

  /**
   * Reads the settings and applies them.
   *
   * @throws ControlRefusal if there are no actors yet
   */
  synchronized Outcome reload() throws ControlRefusal {
    if (system == null) {
      throw new ControlRefusal("the daemon is still starting; try again");
    }
    alsoReload.run();
    // RELOADING=1 must be followed by READY=1: not before the first one, and not while stopping.
    boolean announced = status.state().runs();
    if (announced) {
      manager.reloading();
    }
    try {
      LiveSettings.Reloaded reloaded = live.reload();
      boolean newTrace = reloaded.concerns("trace.");
      system.tell(new Supervisor.Apply(reloaded.settings(), newTrace ? trace() : Optional.empty()));
      log(reloaded);
      return new Outcome(reloaded.applied(), reloaded.needRestart(), List.of());
    } catch (InvalidSettingsException e) {
      List<String> problems = e.problems().stream().map(Problem::toString).toList();
      problems.forEach(problem -> LOG.warn("reload: {}", problem));
      LOG.warn("reload: the new settings are invalid; the current ones stay in force");
      if (announced) {
        manager.ready(
            StatusLine.with(
                "the new settings are invalid, the current ones stay in force", status));
      }
      return new Outcome(List.of(), List.of(), problems);
    }
  }

  private Optional<TraceEnv> trace() {
    return Optional.of(
        new Assembly(live.now(), status, manager, system)
            .trace(Assembly.TracePart.real(live.now(), status)));
  }

  private static void log(LiveSettings.Reloaded reloaded) {
    LOG.info("reload: applied: {}", list(reloaded.applied()));
    if (!reloaded.needRestart().isEmpty()) {
      LOG.warn("reload: needs a restart: {}", list(reloaded.needRestart()));
    }
  }

  private static String list(List<LiveSettings.Change> changes) {
    return changes.isEmpty()
        ? "no change"
        : changes.stream()
            .map(change -> change.key() + " = " + change.is() + " (was " + change.was() + ")")
            .collect(Collectors.joining(", "));
  }
}
