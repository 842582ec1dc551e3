package dev.lazymount.warm;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.route.Router;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Records which compilers are used, and mounts the images of the most-used ones once after the
 * start. A failure here is a warning in the log and nothing more.
 *
 * <p>It reads and writes files itself, and so has to be spawned on {@link #DISPATCHER}, whose one
 * thread may block; only the seed, whose storage may hang for ever, is read on another thread.
 */
public final class WarmActor extends AbstractBehavior<WarmActor.Command> {
  /** The protocol of this actor. */
  public interface Command {}

  /** Accesses are traced, so images may be mounted. Only the first one counts. */
  public record Ready() implements Command {}

  private record NewCatalog(Catalog catalog) implements Command {}

  private record SeedRead(WarmList list, Optional<String> problem) implements Command {}

  private enum Timer implements Command {
    LEARN,
    HOUR,
    SEED_IS_LATE,
    NEXT_MOUNT
  }

  /** The dispatcher that this actor needs (actors.conf). */
  public static final String DISPATCHER = "lazymount-dispatchers.state";

  /** How often uses are read from the status. */
  static final Duration LEARN = Duration.ofMinutes(5);

  /** In which a compiler's uses count once. */
  static final Duration HOUR = Duration.ofHours(1);

  /** From {@link Ready} on. After that the seed is not used. */
  static final Duration SEED_TIMEOUT = Duration.ofSeconds(5);

  /** Between two mounts, because systemd reads the whole mount table after each. */
  static final Duration PAUSE = Duration.ofMillis(50);

  /** Until the next try while another mount is in progress, or the storage does not respond. */
  static final Duration BUSY = Duration.ofSeconds(1);

  private final WarmEnv env;
  private final DaemonStatus status;
  private final ActorRef<Router.Command> router;
  private final TimerScheduler<Command> timers;
  private final WarmListFile file;

  private final WarmList list;

  /** False if the state directory can't be used: then the list ends with the daemon. */
  private final boolean kept;

  private boolean unsaved;
  private String lastWarning;
  private Map<String, Instant> lastAccesses = new HashMap<>();

  private Catalog catalog;
  private WarmList seed;
  private boolean ready;

  /** The images to mount, once they are planned; those in {@code waiting} have not been sent. */
  private Set<String> planned;

  private final Deque<String> waiting = new ArrayDeque<>();

  /**
   * Creates the actor.
   *
   * @param env what it depends on
   * @param scanner publishes the catalogs
   * @param router receives a {@link Router.Warm} for each image to mount
   */
  public static Behavior<Command> create(
      WarmEnv env, ActorRef<CatalogActor.Command> scanner, ActorRef<Router.Command> router) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new WarmActor(context, env, scanner, router, timers)));
  }

  private WarmActor(
      ActorContext<Command> context,
      WarmEnv env,
      ActorRef<CatalogActor.Command> scanner,
      ActorRef<Router.Command> router,
      TimerScheduler<Command> timers) {
    super(context);
    context.setLoggerName(WarmActor.class);
    this.env = env;
    this.status = env.status();
    this.router = router;
    this.timers = timers;
    this.file = new WarmListFile(env.stateDir());
    scanner.tell(
        new CatalogActor.Subscribe(context.messageAdapter(Catalog.class, NewCatalog::new)));
    if (env.seed().isPresent() && env.max() > 0) {
      startReadingSeed(env.seed().get());
    } else {
      seed = new WarmList();
    }
    WarmList found = new WarmList();
    boolean usable = false;
    try {
      WarmListFile.Loaded loaded = file.load();
      loaded.damage().ifPresent(this::warn);
      found = loaded.list();
      usable = true;
    } catch (IOException e) {
      warn("it can't be kept across restarts: " + e);
    }
    list = found;
    kept = usable;
    timers.startSingleTimer(Timer.LEARN, LEARN);
    timers.startSingleTimer(Timer.HOUR, HOUR);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ready.class, message -> onReady())
        .onMessage(NewCatalog.class, this::onNewCatalog)
        .onMessage(SeedRead.class, this::onSeedRead)
        .onMessageEquals(Timer.SEED_IS_LATE, this::onSeedIsLate)
        .onMessageEquals(Timer.NEXT_MOUNT, this::onNextMount)
        .onMessageEquals(Timer.LEARN, this::onLearn)
        .onMessageEquals(Timer.HOUR, this::onHour)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  // --- mounting ahead: when the daemon is ready, the catalog is known, and the seed is read ---

  private Behavior<Command> onReady() {
    if (!ready) {
      ready = true;
      timers.startSingleTimer(Timer.SEED_IS_LATE, SEED_TIMEOUT);
    }
    return planOnce();
  }

  private Behavior<Command> onNewCatalog(NewCatalog message) {
    catalog = message.catalog();
    return planOnce();
  }

  private void startReadingSeed(Path path) {
    Instant now = env.clock().instant();
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(() -> readSeed(path, now), env.seedReader()),
            (read, thrown) ->
                thrown == null
                    ? read
                    : new SeedRead(new WarmList(), Optional.of("internal error: " + thrown)));
  }

  private static SeedRead readSeed(Path path, Instant now) {
    try {
      return new SeedRead(WarmListFile.readSeed(path, now), Optional.empty());
    } catch (IOException | WarmListFile.Damaged e) {
      String reason = e instanceof IOException ? e.toString() : e.getMessage();
      return new SeedRead(
          new WarmList(), Optional.of("not using warm.seed " + path + ": " + reason));
    }
  }

  private Behavior<Command> onSeedRead(SeedRead message) {
    message.problem().ifPresent(this::warn);
    if (seed == null) {
      seed = message.list();
    }
    return planOnce();
  }

  private Behavior<Command> onSeedIsLate() {
    if (seed == null) {
      warn(
          "not using warm.seed "
              + env.seed().orElseThrow()
              + ": it could not be read within "
              + SEED_TIMEOUT.toSeconds()
              + " s");
      seed = new WarmList();
    }
    return planOnce();
  }

  private Behavior<Command> planOnce() {
    if (planned != null || !ready || catalog == null || seed == null) {
      return this;
    }
    planned = new LinkedHashSet<>();
    for (String name : list.ranking(seed, env.clock().instant())) {
      Optional<String> image = catalog.behind(name).map(ImageFile::name);
      if (image.isPresent() && planned.size() < env.max()) {
        planned.add(image.get());
      }
    }
    if (planned.isEmpty()) {
      return this;
    }
    if (status.observes()) {
      getContext().getLog().info("warm list: images it would mount now: {}", planned.size());
      return this;
    }
    waiting.addAll(planned);
    return onNextMount();
  }

  /** One at a time, and only while nothing else is being mounted and the storage responds. */
  private Behavior<Command> onNextMount() {
    while (!waiting.isEmpty() && isMounted(waiting.peek())) {
      waiting.remove();
    }
    boolean quiet = isQuiet();
    if (quiet && waiting.isEmpty()) {
      long mounted = planned.stream().filter(this::isMounted).count();
      getContext().getLog().info("warm list: {} of {} images are mounted", mounted, planned.size());
      return this;
    }
    if (quiet) {
      router.tell(new Router.Warm(waiting.remove()));
    }
    timers.startSingleTimer(Timer.NEXT_MOUNT, quiet ? PAUSE : BUSY);
    return this;
  }

  private boolean isQuiet() {
    Map<MountState, Integer> count = status.mounts().count();
    return status.storageProblem() == null
        && count.get(MountState.MOUNTING) == 0
        && count.get(MountState.STUCK) == 0;
  }

  private boolean isMounted(String name) {
    return status
        .mounts()
        .get(name)
        .filter(image -> image.state() == MountState.MOUNTED)
        .isPresent();
  }

  // --- learning ---

  private Behavior<Command> onLearn() {
    timers.startSingleTimer(Timer.LEARN, LEARN);
    learn();
    save();
    return this;
  }

  private Behavior<Command> onHour() {
    timers.startSingleTimer(Timer.HOUR, HOUR);
    learn();
    list.nextHour();
    return this;
  }

  /**
   * Counts the images that were accessed since the last time. Times are compared for equality
   * alone: the clock may have been set back in between.
   */
  private void learn() {
    Set<String> used = new HashSet<>();
    Map<String, Instant> seen = new HashMap<>();
    for (MountStatus image : status.mounts().all()) {
      Instant access = image.lastAccess();
      if (access != null) {
        seen.put(image.name(), access);
        if (!access.equals(lastAccesses.get(image.name()))) {
          used.add(image.name());
        }
      }
    }
    lastAccesses = seen;
    if (catalog != null) {
      count(used);
    }
  }

  /**
   * Counts images that the catalog knows, and the symlinks that lead to them: a name such as {@code
   * gcc-trunk} is used for years, while the directory it leads to has another name every day.
   */
  private void count(Set<String> used) {
    Instant now = env.clock().instant();
    for (String name : used) {
      if (catalog.get(name).isPresent()) {
        unsaved |= list.used(name, now);
      }
    }
    for (String link : catalog.links().keySet()) {
      if (ImageFile.refusal(link).isEmpty()
          && catalog.behind(link).filter(image -> used.contains(image.name())).isPresent()) {
        unsaved |= list.used(link, now);
      }
    }
  }

  private void save() {
    if (unsaved && kept) {
      try {
        file.save(list, env.clock().instant());
        unsaved = false;
      } catch (IOException e) {
        warn("can't save it: " + e + ". Retries in " + LEARN.toMinutes() + " min");
      }
    }
  }

  private Behavior<Command> onPostStop() {
    learn();
    save();
    return this;
  }

  /** A save that fails again for the same reason is not logged again. */
  private void warn(String problem) {
    if (!problem.equals(lastWarning)) {
      getContext().getLog().warn("warm list: {}", problem);
      lastWarning = problem;
    }
  }
}
