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
import dev.lazymount.route.Router;
import dev.lazymount.status.MountStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Learns which compilers are used, and has those used most mounted, once after the start.
 *
 * <p>It learns from the board: what was accessed since the last look, and which of the mounted
 * images were read ({@link LoopIoStats}). Whatever goes wrong here is a line in the log and no
 * more.
 */
public final class WarmActor extends AbstractBehavior<WarmActor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /** Accesses are traced: images may be mounted now. Said again, it changes nothing. */
  public record Ready() implements Command {}

  private record NewCatalog(Catalog catalog) implements Command {}

  private record Read(Set<String> names) implements Command {}

  private enum Timer implements Command {
    LOOK,
    SEED_IS_SLOW,
    STEP
  }

  /** Between two looks at what is in use; each is followed by a save if there is news. */
  static final Duration LOOK = Duration.ofMinutes(5);

  /** A seed that takes longer is not waited for. When it comes, it fills what room is left. */
  static final Duration SEED_PATIENCE = Duration.ofSeconds(5);

  /** Between two mounts: systemd reads the whole mount table after each. */
  static final Duration STEP = Duration.ofMillis(50);

  /** Until it is looked again whether the next mount may be. */
  static final Duration BUSY = Duration.ofMillis(250);

  private final WarmEnv env;
  private final ActorRef<Router.Command> router;
  private final TimerScheduler<Command> timers;
  private final WarmFiles files;
  private final LoopIoStats reads;
  private final WarmUp warmUp;
  private final UsageTracker uses = new UsageTracker();

  private Catalog catalog;
  private WarmList list;
  private WarmList seed;
  private boolean ready;
  private boolean begun;

  private boolean kept;
  private boolean looking;
  private boolean changed;
  private String problem;

  /**
   * The actor.
   *
   * @param env what it works with
   * @param scanner where catalogs come from
   * @param router is told what to mount
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
    this.router = router;
    this.timers = timers;
    this.files = new WarmFiles(env);
    this.reads = new LoopIoStats(env.sectorsRead());
    this.warmUp = new WarmUp(env.status(), env.max());
    scanner.tell(
        new CatalogActor.Subscribe(context.messageAdapter(Catalog.class, NewCatalog::new)));
    later(env.files(), files::load);
    if (env.seed().isPresent() && env.max() > 0) {
      Path file = env.seed().get();
      later(env.lost(), () -> files.seed(file));
    } else {
      seed = new WarmList();
    }
    timers.startSingleTimer(Timer.LOOK, LOOK);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ready.class, ready -> onReady())
        .onMessage(NewCatalog.class, this::onNewCatalog)
        .onMessage(WarmFiles.Loaded.class, this::onLoaded)
        .onMessage(WarmFiles.Seeded.class, this::onSeeded)
        .onMessageEquals(Timer.SEED_IS_SLOW, this::onSeedIsSlow)
        .onMessageEquals(Timer.STEP, this::onStep)
        .onMessageEquals(Timer.LOOK, this::onLook)
        .onMessage(Read.class, this::onRead)
        .onMessage(WarmFiles.Saved.class, this::onSaved)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  // --- mounting ahead ---

  private Behavior<Command> onReady() {
    if (!ready) {
      ready = true;
      timers.startSingleTimer(Timer.SEED_IS_SLOW, SEED_PATIENCE);
    }
    return begin();
  }

  private Behavior<Command> onNewCatalog(NewCatalog message) {
    catalog = message.catalog();
    uses.catalog(catalog);
    return begin();
  }

  private Behavior<Command> onLoaded(WarmFiles.Loaded loaded) {
    list = loaded.list();
    kept = loaded.kept();
    complain(loaded.problem());
    return begin();
  }

  private Behavior<Command> onSeeded(WarmFiles.Seeded seeded) {
    seed = seeded.list();
    complain(seeded.problem());
    return begun ? plan() : begin();
  }

  private Behavior<Command> onSeedIsSlow() {
    if (seed == null) {
      complain("the seed " + env.seed().orElseThrow() + " does not come; not waiting for it");
      seed = new WarmList();
    }
    return begin();
  }

  /** When all is there that says what to mount. */
  private Behavior<Command> begin() {
    boolean now = ready && catalog != null && list != null && seed != null;
    if (begun || !now) {
      return this;
    }
    begun = true;
    return plan();
  }

  private Behavior<Command> plan() {
    warmUp.plan(list.ranking(seed, env.clock().instant()), catalog);
    int planned = warmUp.planned();
    if (planned == 0 || timers.isTimerActive(Timer.STEP)) {
      return this;
    }
    if (env.status().observes()) {
      getContext().getLog().info("warm list: it would have {} images mounted ahead", planned);
      return this;
    }
    return onStep();
  }

  private Behavior<Command> onStep() {
    if (warmUp.isOver()) {
      getContext()
          .getLog()
          .info("warm list: {} of its {} images are mounted", warmUp.mounted(), warmUp.planned());
      // What is read of them from now on is use.
      look();
      return this;
    }
    Optional<String> next = warmUp.next();
    next.ifPresent(name -> router.tell(new Router.Warm(name)));
    timers.startSingleTimer(Timer.STEP, next.isPresent() ? STEP : BUSY);
    return this;
  }

  // --- learning ---

  private Behavior<Command> onLook() {
    timers.startSingleTimer(Timer.LOOK, LOOK);
    look();
    return this;
  }

  private void look() {
    if (!looking) {
      looking = true;
      List<MountStatus> lines = env.status().mounts().all();
      later(env.files(), () -> new Read(reads.since(lines)));
    }
  }

  private Behavior<Command> onRead(Read read) {
    looking = false;
    learn(read.names());
    if (changed && kept) {
      looking = true;
      changed = false;
      String text = WarmText.print(list, env.clock().instant());
      later(env.files(), () -> files.save(text));
    }
    return this;
  }

  private Behavior<Command> onSaved(WarmFiles.Saved saved) {
    looking = false;
    changed |= saved.problem() != null;
    complain(saved.problem());
    return this;
  }

  private void learn(Set<String> read) {
    if (list != null) {
      changed |= uses.learn(list, env.status().mounts().all(), read, env.clock().instant());
    }
  }

  /** Blocks for a moment, as nothing else is done any more. */
  private Behavior<Command> onPostStop() {
    learn(Set.of());
    if (changed && kept) {
      complain(files.save(WarmText.print(list, env.clock().instant())).problem());
    }
    files.close();
    return this;
  }

  private void later(Executor where, Supplier<Command> work) {
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(work, where),
            (answer, thrown) ->
                thrown == null ? answer : new WarmFiles.Saved("internal error: " + thrown));
  }

  /** A problem that stays is told once. */
  private void complain(String now) {
    if (now != null && !now.equals(problem)) {
      getContext().getLog().warn("warm list: {}", now);
      problem = now;
    }
  }
}
