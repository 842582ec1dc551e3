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
 * What the daemon answers on the control socket, besides its status. All but {@code rescan}, {@code
 * mount} and {@code unmount} comes from memory; those ask actors, and wait for the storage only in
 * steps that the client can break off.
 */
final class ControlHandlers {
  /** Between two signs of life while a scan takes long. */
  private static final Duration STEP = Duration.ofSeconds(1);

  private static final Duration LONGEST_SCAN = Duration.ofSeconds(60);

  private final LiveSettings live;
  private final Reloader reloader;
  private final Explainer explainer;
  private final DaemonStatus status;
  private final ActorBridge reception = new ActorBridge();

  /** A step of a long scan: it has taken {@code seconds} so far. */
  private record Scanning(long seconds) {}

  ControlHandlers(LiveSettings live, NewestCatalog newest, DaemonStatus status, Reloader reloader) {
    this.live = live;
    this.status = status;
    this.reloader = reloader;
    this.explainer = new Explainer(live::now, newest::get, status, true, InstantSource.system());
  }

  /** What asks actors has somebody to ask from now on. */
  void begin(ActorSystem<Supervisor.Command> actors) {
    reception.open(actors);
  }

  /** By name. */
  Map<String, ControlCommand> all() {
    Map<String, ControlCommand> all =
        new HashMap<>(RouterBatch.commands(reception, status, () -> live.now().mount().timeout()));
    all.put("explain", (arguments, steps) -> explain(arguments));
    all.put("config", (arguments, steps) -> live.effective());
    all.put("reload", (arguments, steps) -> reloader.reload());
    all.put("rescan", (arguments, steps) -> rescan(steps));
    return all;
  }

  /** The explanation of a name or a path, from its text alone; comes at once. */
  Explanation explanation(String asked) {
    return explainer.explain(asked);
  }

  private Object explain(List<String> arguments) throws ControlRefusal {
    if (arguments.isEmpty() || arguments.size() > 2) {
      throw new ControlRefusal("explain takes a name or a path, and where that leads");
    }
    return explainer.explain(
        arguments.get(0), arguments.size() == 2 ? Optional.of(arguments.get(1)) : Optional.empty());
  }

  private Object rescan(ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    CompletionStage<CatalogChanges> scan =
        reception.askSupervisor(Supervisor.Rescan::new, LONGEST_SCAN);
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
        "the scan has not ended within "
            + LONGEST_SCAN.toSeconds()
            + " s: the image storage may not answer. The scan goes on, and the old catalog is"
            + " used");
  }
}
