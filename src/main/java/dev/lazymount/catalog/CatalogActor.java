package dev.lazymount.catalog;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Keeps the {@link Catalog} fresh: scans at once, then at an interval, and earlier when a name was
 * used that no image has. Scans run one at a time on a thread of their own, so that hung storage
 * costs that thread and the catalog's freshness, and nothing else.
 */
public final class CatalogActor extends AbstractBehavior<CatalogActor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /** Send every new catalog to this actor, beginning with the newest there is. */
  public record Subscribe(ActorRef<Catalog> subscriber) implements Command {}

  /** A name was used that no image has; there may be a new one. */
  public record Hint() implements Command {}

  /** Scan now. The answer is of a scan that starts after this request. */
  public record Rescan(ActorRef<CatalogChanges> answerTo) implements Command {}

  /** Sets the time from the end of a scan to the start of the next one. */
  public record Interval(Duration rescan) implements Command {}

  private record Scanned(CatalogScan.Scan scan, long nanos) implements Command {}

  private record ScanFailed(Throwable cause, long nanos) implements Command {}

  private enum Timer implements Command {
    SCAN,
    LATE
  }

  /**
   * Scans; blocks.
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
   * @param rescan from the end of a scan to the start of the next one
   * @param patience after which a running scan is reported as late
   * @param status where the size and the problems of the newest scan are shown
   * @param nanoTime the clock, like System.nanoTime()
   */
  public record Env(
      Scanner scanner,
      Executor executor,
      Duration rescan,
      Duration patience,
      DaemonStatus status,
      LongSupplier nanoTime) {

    /** With System.nanoTime(). */
    public Env(
        Scanner scanner,
        Executor executor,
        Duration rescan,
        Duration patience,
        DaemonStatus status) {
      this(scanner, executor, rescan, patience, status, System::nanoTime);
    }
  }

  /** Without a catalog nothing can be mounted, so a failed first scan is repeated sooner. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  /**
   * A hint starts a scan no sooner than this after the last one. The pause doubles after each scan
   * that a hint started and that found nothing new, up to the time between two scans: names that no
   * image has are used all day long, and after each scan every mounted image's file is checked,
   * too.
   */
  private static final Duration HINT_PAUSE = Duration.ofSeconds(2);

  /** The pause is also this many times the last scan, so that hints cost a tenth of the time. */
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
  private long restedAt;
  private String problem;
  private final List<ActorRef<Catalog>> subscribers = new ArrayList<>();

  /** Requests that the scan under way answers, and those for the one after it. */
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

  /** Each reload sends this. A timer that started again each time might never end. */
  private Behavior<Command> onInterval(Interval interval) {
    if (!interval.rescan().equals(rescan)) {
      rescan = interval.rescan();
      if (!scanning) {
        scheduleNext();
      }
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
          "the image scan has been running for "
              + Humanize.exact(env.patience())
              + ", the storage does not respond; "
              + (any ? "using the previous catalog" : "no images are known yet"));
    }
    return this;
  }

  private Behavior<Command> onScanned(Scanned scanned) {
    Catalog previous = newest;
    newest = scanned.scan().catalog();
    any = true;
    if (!newest.equals(previous)) {
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
    show(
        "can't scan the images, "
            + (any ? "using the previous catalog: " : "no images are known yet: ")
            + failed.cause().getMessage());
    answer(newest, failed.nanos());
    return rest(failed.nanos());
  }

  private void answer(Catalog previous, long nanos) {
    if (!asking.isEmpty()) {
      CatalogChanges changes = CatalogChanges.between(previous, newest, problem, nanos);
      asking.forEach(asker -> asker.tell(changes));
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
    restedAt = env.nanoTime().getAsLong();
    hintAllowedAt = restedAt + Math.max(hintPause.toNanos(), HINT_REST * nanos);
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

  /** Counts from the end of the last scan, also when the interval changes later. */
  private void scheduleNext() {
    Duration pause = any || rescan.compareTo(FIRST) < 0 ? rescan : FIRST;
    Duration elapsed = Duration.ofNanos(env.nanoTime().getAsLong() - restedAt);
    timers.startSingleTimer(Timer.SCAN, max(pause.minus(elapsed), Duration.ZERO));
  }

  private void show(String now) {
    // A problem that stays is logged once.
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
