package dev.lazymount.catalog;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.text.Durations;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Keeps the {@link Catalog} fresh: scans at once, then at an interval, and earlier when somebody
 * used a name that is not there. The scan runs on a thread of its own, one at a time, so that a
 * hung storage costs that thread and the catalog's freshness, and nothing else.
 */
public final class CatalogActor extends AbstractBehavior<CatalogActor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /** Send every new catalog there, beginning with the newest there is. */
  public record Subscribe(ActorRef<Catalog> subscriber) implements Command {}

  /** Somebody used a name that no image has; maybe there is one now. */
  public record Hint() implements Command {}

  /** Scan now; the answer is of a scan that began after this was said. */
  public record Rescan(ActorRef<CatalogChanges> answerTo) implements Command {}

  /** From now on, so much time lies between two scans. */
  public record Interval(Duration rescan) implements Command {}

  private record Scanned(CatalogScan.Scan scan, long nanos) implements Command {}

  private record ScanFailed(Throwable cause, long nanos) implements Command {}

  private enum Timer implements Command {
    SCAN,
    LATE
  }

  /**
   * How a catalog is scanned; blocks.
   *
   * @see CatalogScan#scan
   */
  @FunctionalInterface
  public interface Scanner {
    /** Scans, given the newest catalog so far. */
    CatalogScan.Scan scan(Catalog previous) throws IOException;
  }

  /**
   * What a CatalogActor works with.
   *
   * @param scanner scans
   * @param executor where; one thread
   * @param rescan between two scans
   * @param patience after which a scan that has not ended is called so
   * @param status where the size and the problems of the newest scan are shown
   * @param nanoTime the clock, as System.nanoTime() is; a test has one of its own
   */
  public record Env(
      Scanner scanner,
      Executor executor,
      Duration rescan,
      Duration patience,
      DaemonStatus status,
      LongSupplier nanoTime) {

    /** With the machine's clock. */
    public Env(
        Scanner scanner,
        Executor executor,
        Duration rescan,
        Duration patience,
        DaemonStatus status) {
      this(scanner, executor, rescan, patience, status, System::nanoTime);
    }
  }

  /** Without any catalog nothing can be mounted: the first one is tried for more often. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  /**
   * A hint starts a scan no sooner than this after the last one; twice as long after each one that
   * a hint started and that found nothing new, up to the time between two scans. Names that no
   * image has are used all day long, by whomever, and after each scan every mounted image's file is
   * looked at, too.
   */
  private static final Duration HINT_PAUSE = Duration.ofSeconds(2);

  /** And no sooner than this many times its duration, so that hints cost a tenth of the time. */
  private static final int HINT_REST = 10;

  private final Env env;
  private final TimerScheduler<Command> timers;
  private Catalog newest = Catalog.empty();
  private boolean any;
  private boolean scanning;
  private Duration rescan;
  private boolean hinted;
  private Duration hintPause = HINT_PAUSE;
  private long hintAllowedAt;
  private String problem;
  private final List<ActorRef<Catalog>> subscribers = new ArrayList<>();

  /** Who waits for the scan under way, and who for the one after it. */
  private List<ActorRef<CatalogChanges>> asking = new ArrayList<>();

  private List<ActorRef<CatalogChanges>> askingNext = new ArrayList<>();

  /** The actor; scans at once. */
  public static Behavior<Command> create(Env env) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new CatalogActor(context, env, timers)));
  }

  private CatalogActor(ActorContext<Command> context, Env env, TimerScheduler<Command> timers) {
    super(context);
    context.setLoggerName(CatalogActor.class);
    this.env = env;
    this.timers = timers;
    this.rescan = env.rescan();
    scan();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Subscribe.class, this::onSubscribe)
        .onMessage(Hint.class, hint -> onHint())
        .onMessage(Rescan.class, this::onRescan)
        .onMessage(Interval.class, this::onInterval)
        .onMessage(Scanned.class, this::onScanned)
        .onMessage(ScanFailed.class, this::onScanFailed)
        .onMessageEquals(Timer.SCAN, this::onTimer)
        .onMessageEquals(Timer.LATE, this::onLate)
        .build();
  }

  private Behavior<Command> onSubscribe(Subscribe subscribe) {
    subscribers.add(subscribe.subscriber());
    if (any) {
      subscribe.subscriber().tell(newest);
    }
    return this;
  }

  private Behavior<Command> onHint() {
    if (!scanning && env.nanoTime().getAsLong() - hintAllowedAt >= 0) {
      hinted = true;
      scan();
    }
    return this;
  }

  private Behavior<Command> onRescan(Rescan rescan) {
    askingNext.add(rescan.answerTo());
    return onTimer();
  }

  private Behavior<Command> onInterval(Interval interval) {
    rescan = interval.rescan();
    if (!scanning) {
      scheduleNext();
    }
    return this;
  }

  private Behavior<Command> onTimer() {
    if (!scanning) {
      scan();
    }
    return this;
  }

  private Behavior<Command> onLate() {
    if (scanning) {
      show(
          "the image storage does not answer: a scan has not ended for "
              + Durations.text(env.patience())
              + "; it is waited for, and "
              + (any ? "what was known is used meanwhile" : "no image is known yet"));
    }
    return this;
  }

  private Behavior<Command> onScanned(Scanned scanned) {
    Catalog previous = newest;
    newest = scanned.scan().catalog();
    any = true;
    if (!newest.hasTheSameAs(previous)) {
      hinted = false;
      hintPause = HINT_PAUSE;
    }
    List<String> problems = scanned.scan().problems();
    show(problems.isEmpty() ? null : String.join("; ", problems));
    answer(previous, scanned.nanos());
    subscribers.forEach(subscriber -> subscriber.tell(newest));
    return rest(scanned.nanos());
  }

  private Behavior<Command> onScanFailed(ScanFailed failed) {
    show("can't scan the images, and go on with what was known: " + failed.cause().getMessage());
    answer(newest, failed.nanos());
    return rest(failed.nanos());
  }

  private void answer(Catalog previous, long nanos) {
    if (!asking.isEmpty()) {
      CatalogChanges news = CatalogChanges.between(previous, newest, problem, nanos);
      asking.forEach(asker -> asker.tell(news));
    }
  }

  private Behavior<Command> rest(long nanos) {
    scanning = false;
    timers.cancel(Timer.LATE);
    if (hinted) {
      hinted = false;
      Duration longer = hintPause.multipliedBy(2);
      hintPause = longer.compareTo(rescan) < 0 ? longer : max(rescan, HINT_PAUSE);
    }
    hintAllowedAt = env.nanoTime().getAsLong() + Math.max(hintPause.toNanos(), HINT_REST * nanos);
    if (askingNext.isEmpty()) {
      scheduleNext();
    } else {
      scan();
    }
    return this;
  }

  private static Duration max(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  private void scheduleNext() {
    timers.startSingleTimer(Timer.SCAN, any || rescan.compareTo(FIRST) < 0 ? rescan : FIRST);
  }

  private void show(String now) {
    // A problem that stays is told once.
    if (now != null && !now.equals(problem)) {
      getContext().getLog().warn("catalog: {}", now);
    }
    problem = now;
    env.status().catalog(newest.size(), newest.maxDepth(), newest.longestComponent(), now);
  }

  private void scan() {
    scanning = true;
    timers.startSingleTimer(Timer.LATE, env.patience());
    asking = askingNext;
    askingNext = new ArrayList<>();
    Catalog previous = newest;
    CompletableFuture<Command> answer =
        CompletableFuture.supplyAsync(
            () -> {
              long start = env.nanoTime().getAsLong();
              try {
                return new Scanned(
                    env.scanner().scan(previous), env.nanoTime().getAsLong() - start);
              } catch (IOException | RuntimeException e) {
                return new ScanFailed(e, env.nanoTime().getAsLong() - start);
              }
            },
            env.executor());
    getContext()
        .pipeToSelf(answer, (done, thrown) -> thrown == null ? done : new ScanFailed(thrown, 0));
  }
}
