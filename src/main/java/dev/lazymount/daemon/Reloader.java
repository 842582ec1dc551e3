package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import dev.lazymount.config.InvalidSettingsException;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.Problem;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceEnv;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the settings anew while the daemon runs, by SIGHUP or by the control socket. Settings that
 * are not valid change nothing. Thread-safe.
 */
final class Reloader {
  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

  private final LiveSettings live;
  private final DaemonStatus status;
  private final ServiceManager manager;
  private ActorSystem<Supervisor.Command> system;

  /**
   * What came of it, in the words of {@code lazymount reload --json}.
   *
   * @param applied in force now
   * @param needRestart in force with the next start
   * @param problems why nothing was changed; empty if all is well
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

  /** Whose actors follow the settings from now on. */
  synchronized void appliesTo(ActorSystem<Supervisor.Command> actors) {
    system = actors;
  }

  /** For whoever waits for no answer: the log has it. */
  void reloadByItself() {
    try {
      reload();
    } catch (RuntimeException e) {
      LOG.error("reload: a fault of ours, please report it", e);
    }
  }

  /** Reads them, and has the actors follow. */
  synchronized Outcome reload() {
    if (system == null) {
      return new Outcome(List.of(), List.of(), List.of("the daemon is only just starting"));
    }
    // Ready is said after it; so not before we ever were, and not when we end.
    boolean told = status.state().runs();
    if (told) {
      manager.reloading();
    }
    try {
      LiveSettings.Reloaded reloaded = live.reload();
      boolean newTrace = reloaded.concerns("trace.");
      system.tell(new Supervisor.Apply(reloaded.settings(), newTrace ? trace() : Optional.empty()));
      tell(reloaded);
      return new Outcome(reloaded.applied(), reloaded.needRestart(), List.of());
    } catch (InvalidSettingsException e) {
      List<String> problems = e.problems().stream().map(Problem::toString).toList();
      problems.forEach(problem -> LOG.warn("reload: {}", problem));
      LOG.warn("reload: the settings are not valid, and the old ones stay in force");
      if (told) {
        manager.ready(StatusLine.with("the new settings are not valid, the old ones stay", status));
      }
      return new Outcome(List.of(), List.of(), problems);
    }
  }

  private Optional<TraceEnv> trace() {
    return Optional.of(
        new Assembly(live.now(), status, manager, system)
            .trace(Assembly.TracePart.real(live.now(), status)));
  }

  private static void tell(LiveSettings.Reloaded reloaded) {
    LOG.info("reload: in force now: {}", words(reloaded.applied()));
    if (!reloaded.needRestart().isEmpty()) {
      LOG.warn("reload: needs a restart: {}", words(reloaded.needRestart()));
    }
  }

  private static String words(List<LiveSettings.Change> changes) {
    return changes.isEmpty()
        ? "nothing new"
        : changes.stream()
            .map(change -> change.key() + " = " + change.is() + " (was " + change.was() + ")")
            .collect(Collectors.joining(", "));
  }
}
