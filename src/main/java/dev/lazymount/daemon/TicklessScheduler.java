package dev.lazymount.daemon;

import akka.actor.AbstractScheduler;
import akka.actor.Cancellable;
import akka.event.LoggingAdapter;
import com.typesafe.config.Config;
import java.io.Closeable;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * The timers of the actor system ({@code akka.scheduler.implementation}): a thread that sleeps
 * until the next one is due. Akka's own looks at a wheel at every tick of a clock: it wakes an idle
 * daemon all the time, or its timers are late by up to a tick, and the canary of a start can't wait
 * for either. It is made for far more timers than the few that are set here.
 *
 * <p>May be called from any thread. What is due is handed to the dispatcher and not run here.
 */
public final class TicklessScheduler extends AbstractScheduler implements Closeable {
  private final ScheduledThreadPoolExecutor timers;

  /** Called by Akka, with these three. */
  public TicklessScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    timers = new ScheduledThreadPoolExecutor(1, threads);
    timers.setRemoveOnCancelPolicy(true);
  }

  /**
   * Once.
   *
   * @throws IllegalStateException if it is closed, as Akka has it
   */
  @Override
  public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
    Timer timer = new Timer(task, executor, false);
    return started(
        timer, () -> timers.schedule(timer, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS));
  }

  /**
   * At a fixed rate, from {@code initialDelay} on. Deprecated for callers, and what all newer ways
   * to say so end in.
   *
   * @throws IllegalStateException if it is closed, as Akka has it
   */
  @Override
  @SuppressWarnings("deprecation")
  public Cancellable schedule(
      FiniteDuration initialDelay,
      FiniteDuration interval,
      Runnable task,
      ExecutionContext executor) {
    Timer timer = new Timer(task, executor, true);
    return started(
        timer,
        () ->
            timers.scheduleAtFixedRate(
                timer,
                Math.max(0, initialDelay.toNanos()),
                interval.toNanos(),
                TimeUnit.NANOSECONDS));
  }

  private interface Start {
    Future<?> start();
  }

  private static Cancellable started(Timer timer, Start start) {
    try {
      timer.future = start.start();
      return timer;
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the timers are closed", e);
    }
  }

  /** It has no ticks: a thousand times a second is what nobody here comes near to. */
  @Override
  public double maxFrequency() {
    return 1000;
  }

  /** Nothing is due any more. */
  @Override
  public void close() {
    timers.shutdownNow();
  }

  private static final class Timer implements Runnable, Cancellable {
    private final Runnable task;
    private final ExecutionContext executor;
    private final boolean again;

    /** Whether it has been run for the only time, or cancelled: each can be the first. */
    private final AtomicBoolean over = new AtomicBoolean();

    private volatile boolean cancelled;
    private volatile Future<?> future;

    Timer(Runnable task, ExecutionContext executor, boolean again) {
      this.task = task;
      this.executor = executor;
      this.again = again;
    }

    @Override
    public void run() {
      if (again ? !over.get() : over.compareAndSet(false, true)) {
        executor.execute(task);
      }
    }

    /** True if it is the first to do so, and the task will not be run (again). */
    @Override
    public boolean cancel() {
      if (!over.compareAndSet(false, true)) {
        return false;
      }
      cancelled = true;
      Future<?> started = future;
      if (started != null) {
        started.cancel(false);
      }
      return true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }
}
