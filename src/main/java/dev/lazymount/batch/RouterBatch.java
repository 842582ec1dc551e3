package dev.lazymount.batch;

import akka.actor.typed.ActorRef;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.control.ControlCommand;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.UnmountMode;
import dev.lazymount.route.Router;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The commands {@code mount} and {@code unmount} in the daemon. The work is done by the MountActor
 * of each image, so that several requests and accesses at once never act on an image twice.
 * Thread-safe.
 */
public final class RouterBatch {
  /** The command that mounts. */
  public static final String MOUNT = "mount";

  /** The command that unmounts. */
  public static final String UNMOUNT = "unmount";

  /** Images under way at once: enough to keep the mount threads busy. */
  private static final int WINDOW = 64;

  /** A MountActor answers after its own time-out; the answer has this long to arrive. */
  private static final Duration SPARE = Duration.ofSeconds(10);

  /** Pause between two checks whether the first scan has ended. */
  private static final Duration SCAN_PAUSE = Duration.ofMillis(200);

  /** Asks the Router. */
  public interface Asker {
    /**
     * Asks.
     *
     * @param question makes the message, given the address for the answer
     * @param patience after which the result is a TimeoutException
     */
    <T> CompletionStage<T> ask(Function<ActorRef<T>, Router.Command> question, Duration patience);
  }

  private final Asker router;
  private final DaemonStatus status;
  private final Supplier<Duration> timeout;

  private RouterBatch(Asker router, DaemonStatus status, Supplier<Duration> timeout) {
    this.router = router;
    this.status = status;
    this.timeout = timeout;
  }

  /**
   * The commands by name.
   *
   * @param router asks the Router
   * @param status knows what is mounted
   * @param timeout after which a MountActor answers in any case; a reload may change it
   */
  public static Map<String, ControlCommand> commands(
      Asker router, DaemonStatus status, Supplier<Duration> timeout) {
    RouterBatch batch = new RouterBatch(router, status, timeout);
    return Map.of(MOUNT, batch::mount, UNMOUNT, batch::unmount);
  }

  private Object mount(List<String> arguments, ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    refuseIfObserving();
    try {
      List<List<String>> layers = selection(arguments).toMount(catalog(steps));
      return batch(name -> answerTo -> new Router.MountNow(name, answerTo), steps).run(layers);
    } catch (Selection.Unknown e) {
      throw new ControlRefusal(e.getMessage());
    }
  }

  private Object unmount(List<String> arguments, ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    refuseIfObserving();
    try {
      Selection selection = selection(arguments);
      boolean onlyIdle = selection.which() == Selection.Which.IDLE;
      UnmountMode manner = onlyIdle ? UnmountMode.IF_IDLE : UnmountMode.NOW;
      List<List<String>> layers = selection.toUnmount(catalog(steps), mounted());
      String why = "requested by " + steps.client() + " (lazymount unmount)";
      Batch batch =
          batch(name -> answerTo -> new Router.Unmount(name, manner, why, answerTo), steps);
      return onlyIdle ? batch.runTwice(layers) : batch.run(layers);
    } catch (Selection.Unknown e) {
      throw new ControlRefusal(e.getMessage());
    }
  }

  private void refuseIfObserving() throws ControlRefusal {
    if (status.observes()) {
      throw new ControlRefusal("mode is observe: nothing is mounted or unmounted");
    }
  }

  private static Selection selection(List<String> arguments) throws ControlRefusal {
    try {
      return Selection.fromArguments(arguments);
    } catch (IllegalArgumentException e) {
      throw new ControlRefusal("not understood: " + e.getMessage());
    }
  }

  private Batch batch(
      Function<String, Function<ActorRef<MountResult>, Router.Command>> question,
      ControlCommand.Steps steps) {
    Duration patience = timeout.get().plus(SPARE);
    return new Batch(
        WINDOW, name -> router.ask(question.apply(name), patience), () -> false, steps::tell);
  }

  /** Names of the images that the status shows as mounted; touches no file system. */
  private Set<String> mounted() {
    return status.mounts().all().stream()
        .filter(line -> line.state() == MountState.MOUNTED)
        .map(MountStatus::name)
        .collect(Collectors.toSet());
  }

  /** The images there are. Waits for the first scan of a daemon that has just started. */
  private Catalog catalog(ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    while (true) {
      try {
        Optional<Catalog> catalog =
            router
                .<Optional<Catalog>>ask(Router.Images::new, Batch.SILENCE)
                .toCompletableFuture()
                .join();
        if (catalog.isPresent()) {
          return catalog.get();
        }
      } catch (CompletionException e) {
        throw new ControlRefusal(
            "the daemon is starting or stopping; try again (" + e.getMessage() + ")");
      }
      Thread.sleep(SCAN_PAUSE.toMillis());
      steps.tell(Progress.NONE);
    }
  }
}
