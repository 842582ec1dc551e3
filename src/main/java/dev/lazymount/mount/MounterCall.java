package dev.lazymount.mount;

import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The one call of the {@link Mounter} that a MountActor has in progress. It waits for a thread of
 * the mount dispatcher, blocks there, and returns as a message. After mount.timeout the actor
 * receives {@link MountActor.Timer#CALL_LATE}, and the {@link StorageCircuit} counts the thread as
 * blocked. Used by its actor alone.
 */
final class MounterCall {
  /** A call that blocks; returns the message with its result. */
  interface Work {
    MountActor.Command run() throws MountFailure;
  }

  private enum Stage {
    WAITING,
    RUNNING,
    LATE,
    DONE
  }

  /** The first pause before the next attempt at a lock that another process holds. */
  private static final Duration LOCK_PAUSE = Duration.ofMillis(50);

  /** A process that hangs on dead NFS keeps its lock for hours: do not poll faster than this. */
  private static final Duration LOCK_PAUSE_MAX = Duration.ofSeconds(1);

  private final ActorContext<MountActor.Command> context;
  private final TimerScheduler<MountActor.Command> timers;
  private final MountEnv env;

  private Work work;
  private boolean locked;
  private Duration lockPause;

  /** Stage of the newest attempt; written by the actor and by the mount thread. */
  private AtomicReference<Stage> stage = new AtomicReference<>(Stage.DONE);

  MounterCall(
      ActorContext<MountActor.Command> context,
      TimerScheduler<MountActor.Command> timers,
      MountEnv env) {
    this.context = context;
    this.timers = timers;
    this.env = env;
  }

  /** Starts a call; the previous one has ended. */
  void start(Work now) {
    work = now;
    locked = false;
    lockPause = LOCK_PAUSE;
    startTimeout();
    attempt();
  }

  /** The call has returned. */
  void end() {
    timers.cancel(MountActor.Timer.CALL_LATE);
  }

  /** Another process holds the lock: the call stays in progress, and retries after a pause. */
  void retryLater() {
    locked = true;
    timers.startSingleTimer(MountActor.Timer.LOCK_RETRY, lockPause);
    Duration doubled = lockPause.multipliedBy(2);
    lockPause = doubled.compareTo(LOCK_PAUSE_MAX) < 0 ? doubled : LOCK_PAUSE_MAX;
  }

  /** Starts the next attempt. */
  void attempt() {
    AtomicReference<Stage> now = new AtomicReference<>(Stage.WAITING);
    stage = now;
    Work call = work;
    CompletableFuture<MountActor.Command> result =
        CompletableFuture.supplyAsync(() -> run(call, now), env.executor());
    context.pipeToSelf(
        result, (done, thrown) -> thrown == null ? done : new MountActor.CallFailed(thrown));
  }

  /** On a mount thread, which is free again when this returns, whether the actor lives or not. */
  private MountActor.Command run(Work call, AtomicReference<Stage> now) {
    now.set(Stage.RUNNING);
    try {
      return call.run();
    } catch (MountFailure | RuntimeException | LinkageError e) {
      return new MountActor.CallFailed(e);
    } finally {
      if (now.getAndSet(Stage.DONE) == Stage.LATE) {
        env.circuit().answers();
      }
    }
  }

  /** The call has not returned in time: says what it waits for. */
  ImageState.Late.Cause late() {
    if (stage.compareAndSet(Stage.RUNNING, Stage.LATE)) {
      env.circuit().hangs();
    }
    if (stage.get() == Stage.LATE) {
      return ImageState.Late.Cause.STORAGE;
    }
    if (!locked && stage.get() == Stage.DONE) {
      // It returned this instant, and its result is in the mailbox.
      return ImageState.Late.Cause.STORAGE;
    }
    // Once it has its thread or its lock it may hang there, and the circuit has to know.
    startTimeout();
    return locked ? ImageState.Late.Cause.LOCK : ImageState.Late.Cause.THREADS;
  }

  private void startTimeout() {
    timers.startSingleTimer(MountActor.Timer.CALL_LATE, env.timeout());
  }
}
