package dev.lazymount.mount;

import akka.actor.typed.javadsl.ActorContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The one call of the Mounter that a MountActor has under way. It waits for a thread of the mount
 * dispatcher, which is its slot, runs there, and comes back as a message. Used by its actor alone.
 *
 * @param <C> the actor's messages
 */
final class MountWork<C> {
  /** A call that blocks. */
  interface Call<C> {
    C run() throws MountFailure;
  }

  private enum Stage {
    WAITING,
    RUNNING,
    LATE,
    OVER
  }

  private final ActorContext<C> context;
  private final MountEnv env;
  private final Function<Throwable, C> failed;

  /** Where the newest call is; written by the actor and by the thread that runs it. */
  private AtomicReference<Stage> stage = new AtomicReference<>(Stage.OVER);

  private boolean busy;

  /**
   * No call yet.
   *
   * @param context the actor's
   * @param env has the dispatcher and the circuit
   * @param failed makes the message of a call that failed
   */
  MountWork(ActorContext<C> context, MountEnv env, Function<Throwable, C> failed) {
    this.context = context;
    this.env = env;
    this.failed = failed;
  }

  boolean isBusy() {
    return busy;
  }

  /** Makes a call; its answer, or why there is none, comes back as a message. */
  void start(Call<C> call) {
    busy = true;
    AtomicReference<Stage> now = new AtomicReference<>(Stage.WAITING);
    stage = now;
    CompletableFuture<C> answer =
        CompletableFuture.supplyAsync(() -> run(call, now), env.executor());
    context.pipeToSelf(answer, (done, thrown) -> thrown == null ? done : failed.apply(thrown));
  }

  /**
   * On the mount dispatcher. The slot is free again when this returns, whatever became of the
   * actor.
   */
  private C run(Call<C> call, AtomicReference<Stage> now) {
    now.set(Stage.RUNNING);
    try {
      return call.run();
    } catch (MountFailure | RuntimeException | LinkageError e) {
      return failed.apply(e);
    } finally {
      if (now.getAndSet(Stage.OVER) == Stage.LATE) {
        env.circuit().answers();
      }
    }
  }

  /** Whether the call has its slot, and has not come back from there. */
  boolean isRunning() {
    return stage.get() == Stage.RUNNING || stage.get() == Stage.LATE;
  }

  /**
   * The call has not answered in time.
   *
   * @return whether it holds a slot; else it still waits for one
   */
  boolean isLate() {
    if (stage.compareAndSet(Stage.RUNNING, Stage.LATE)) {
      env.circuit().hangs();
    }
    return stage.get() != Stage.WAITING;
  }

  /** The call has answered. */
  void over() {
    busy = false;
  }
}
