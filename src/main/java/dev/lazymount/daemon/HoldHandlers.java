package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlCommand;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.hold.HoldCommands;
import dev.lazymount.hold.HoldFile;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.UnmountMode;
import dev.lazymount.route.Router;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands {@code hold} and {@code release} of the control socket. They wait for the file of
 * holds and for unmounts, in steps that end when the client disconnects. Thread-safe.
 */
final class HoldHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(HoldHandlers.class);

  /** How often a client that waits gets a sign of life. */
  private static final Duration STEP = Duration.ofSeconds(1);

  /** A MountActor answers after its own time-out; the answer has this long to arrive. */
  private static final Duration SPARE = Duration.ofSeconds(10);

  /** How long a mount in progress is waited for, and the pause between two looks. */
  private static final Duration MOUNTING = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Supplier<Settings> settings;
  private final NewestCatalog newest;
  private final DaemonStatus status;
  private final RouterBatch.Asker router;
  private final HoldFile file;

  private record Waiting(String step) {}

  HoldHandlers(
      Supplier<Settings> settings,
      NewestCatalog newest,
      DaemonStatus status,
      RouterBatch.Asker router) {
    this.settings = settings;
    this.newest = newest;
    this.status = status;
    this.router = router;
    this.file = new HoldFile(settings.get().stateDir());
  }

  /**
   * Puts names on hold.
   *
   * @param arguments milliseconds until it ends, or nothing at all for no end; the reason; the
   *     names
   */
  Object hold(List<String> arguments, ControlCommand.Steps steps)
      throws ControlRefusal, IOException, InterruptedException {
    if (arguments.size() < 3 || !arguments.get(0).matches("[0-9]{0,15}")) {
      throw new ControlRefusal("hold needs a duration, a reason and names");
    }
    NewestCatalog.Snapshot images =
        newest
            .get()
            .orElseThrow(
                () -> new ControlRefusal("no scan of the images has finished yet; try again"));
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Optional<Instant> until =
        Optional.of(arguments.get(0))
            .filter(millis -> !millis.isEmpty())
            .map(millis -> now.plusMillis(Long.parseLong(millis)));
    OperatorHold hold = new OperatorHold(now, until, HoldFile.printable(arguments.get(1)));
    List<String> names = arguments.subList(2, arguments.size());
    try {
      HoldCommands.Outcomes outcomes = commands(steps).hold(names, hold, images.catalog());
      outcomes.names().stream()
          .filter(HoldCommands.Outcome::ok)
          .forEach(name -> LOG.info("{}: held by {}", name.name(), steps.client()));
      return outcomes;
    } catch (HoldCommands.Refused e) {
      throw new ControlRefusal(e.getMessage());
    }
  }

  /** Releases names. */
  Object release(List<String> names, ControlCommand.Steps steps)
      throws IOException, InterruptedException {
    HoldCommands.Outcomes outcomes = commands(steps).release(names);
    outcomes.names().stream()
        .filter(HoldCommands.Outcome::ok)
        .forEach(name -> LOG.info("{}: released by {}", name.name(), steps.client()));
    return outcomes;
  }

  /** Reads the file again: a command may have changed it while no daemon ran, or an editor. */
  void reload() {
    try {
      Map<String, OperatorHold> holds = file.read();
      router.ask((ActorRef<Integer> answerTo) -> new Router.SetHolds(holds, answerTo), SPARE);
    } catch (IOException e) {
      LOG.warn("holds: {}; the holds stay as they are", e.getMessage());
    }
  }

  private HoldCommands commands(ControlCommand.Steps steps) {
    return new HoldCommands(file, new DaemonMounts(steps));
  }

  /** Acts through the MountActors. */
  private final class DaemonMounts implements HoldCommands.Mounts {
    private final ControlCommand.Steps steps;

    private DaemonMounts(ControlCommand.Steps steps) {
      this.steps = steps;
    }

    @Override
    public void follow(Map<String, OperatorHold> holds) throws IOException, InterruptedException {
      await(
          "holds",
          router.ask((ActorRef<Integer> answerTo) -> new Router.SetHolds(holds, answerTo), SPARE));
    }

    /** A mount in progress ends first: its MountActor undoes it, unless it is in use. */
    @Override
    public boolean isMounted(String name) throws IOException, InterruptedException {
      long end = System.nanoTime() + MOUNTING.toNanos();
      for (long i = 1; is(name, MountState.MOUNTING) && System.nanoTime() - end < 0; i++) {
        Thread.sleep(PAUSE.toMillis());
        if (i % (STEP.toMillis() / PAUSE.toMillis()) == 0) {
          steps.tell(new Waiting("mount of " + name));
        }
      }
      return !status.observes()
          && (is(name, MountState.MOUNTED)
              || is(name, MountState.MOUNTING)
              || is(name, MountState.STUCK));
    }

    private boolean is(String name, MountState state) {
      return status.mounts().get(name).filter(row -> row.state() == state).isPresent();
    }

    @Override
    public MountResult unmount(String name) throws IOException, InterruptedException {
      Duration patience = settings.get().mount().timeout().plus(SPARE);
      String why = "held by " + steps.client() + " (lazymount hold)";
      return await(
          "unmount of " + name,
          router.ask(
              (ActorRef<MountResult> answerTo) ->
                  new Router.Unmount(name, UnmountMode.NOW, why, answerTo),
              patience));
    }

    private <T> T await(String what, CompletionStage<T> answer)
        throws IOException, InterruptedException {
      while (true) {
        try {
          return answer.toCompletableFuture().get(STEP.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          steps.tell(new Waiting(what));
        } catch (ExecutionException e) {
          throw new IOException("the daemon is starting or stopping (" + what + ")", e);
        }
      }
    }
  }
}
