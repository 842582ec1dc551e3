package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.catalog.CatalogChanges;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.LiveSettings;
import dev.lazymount.control.ControlCommand;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.explain.Explainer;
import dev.lazymount.explain.Explanation;
import dev.lazymount.hold.HoldCommands;
import dev.lazymount.status.DaemonStatus;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The commands of the control socket, besides {@code status}. {@code rescan}, {@code mount}, {@code
 * unmount}, {@code hold} and {@code release} ask actors and wait for the image storage, in steps
 * that end when the client disconnects; all others answer from memory.
 */
final class ControlHandlers {
  /** How often the client of a long scan gets a sign of life. */
  private static final Duration STEP = Duration.ofSeconds(1);

  private static final Duration LONGEST_SCAN = Duration.ofSeconds(60);

  private final LiveSettings live;
  private final Reloader reloader;
  private final Explainer explainer;
  private final DaemonStatus status;
  private final ActorBridge bridge = new ActorBridge();
  private final HoldHandlers holds;

  /** A sign of life of a scan that has taken {@code seconds} so far. */
  private record Scanning(long seconds) {}

  ControlHandlers(LiveSettings live, NewestCatalog newest, DaemonStatus status, Reloader reloader) {
    this.live = live;
    this.status = status;
    this.reloader = reloader;
    this.holds = new HoldHandlers(live::now, newest, status, bridge);
    this.explainer = new Explainer(live::now, newest::get, status, true, InstantSource.system());
  }

  /** These actors answer; until then their commands wait. */
  void connect(ActorSystem<Supervisor.Command> actors) {
    bridge.open(actors);
  }

  /** Reads the names on hold again. */
  void reloadHolds() {
    holds.reload();
  }

  /** All commands by name. */
  Map<String, ControlCommand> all() {
    Map<String, ControlCommand> all =
        new HashMap<>(RouterBatch.commands(bridge, status, () -> live.now().mount().timeout()));
    all.put("explain", (arguments, steps) -> explain(arguments));
    all.put("config", (arguments, steps) -> live.effective());
    all.put("reload", (arguments, steps) -> reloader.reload());
    all.put(HoldCommands.HOLD, holds::hold);
    all.put(HoldCommands.RELEASE, holds::release);
    all.put("rescan", (arguments, steps) -> rescan(steps));
    return all;
  }

  /** Explains a name or a path by its text, without touching the storage. Never blocks. */
  Explanation explanation(String asked) {
    return explainer.explain(asked);
  }

  private Object explain(List<String> arguments) throws ControlRefusal {
    if (arguments.isEmpty() || arguments.size() > 2) {
      throw new ControlRefusal(
          "explain needs a name or a path, and optionally what that resolves to");
    }
    return explainer.explain(
        arguments.get(0), arguments.size() == 2 ? Optional.of(arguments.get(1)) : Optional.empty());
  }

  private Object rescan(ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    CompletionStage<CatalogChanges> scan =
        bridge.askSupervisor(Supervisor.Rescan::new, LONGEST_SCAN);
    for (long seconds = 1; seconds < LONGEST_SCAN.toSeconds(); seconds++) {
      try {
        return scan.toCompletableFuture().get(STEP.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        steps.tell(new Scanning(seconds));
      } catch (ExecutionException e) {
        break;
      }
    }
    throw new ControlRefusal(
        "the scan did not finish within "
            + LONGEST_SCAN.toSeconds()
            + " s; the image storage may not respond. The scan continues, with the previous"
            + " catalog in use");
  }
}
