package dev.lazymount.support;

import akka.actor.AbstractScheduler;
import akka.actor.Cancellable;
import akka.event.LoggingAdapter;
import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadFactory;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * A scheduler whose time the test advances. Akka's ManualTime does the same, but sleeps 100 ms each
 * time because it is made for actors on threads.
 */
public final class ManualScheduler extends AbstractScheduler {
  private record Task(long at, long number, Runnable work, ExecutionContext on) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparing(Task::at).thenComparing(Task::number));
  private long now;
  private long scheduled;

  /** Called by Akka, see {@code akka.scheduler.implementation}. */
  public ManualScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {}

  /** Advances the time; runs the tasks that become due, in order and each at its time. */
  void pass(Duration time) {
    long until = now + time.toNanos();
    for (Task next = due(until); next != null; next = due(until)) {
      now = next.at();
      next.on().execute(next.work());
    }
    now = until;
  }

  private synchronized Task due(long until) {
    return tasks.isEmpty() || tasks.peek().at() > until ? null : tasks.remove();
  }

  @Override
  public synchronized Cancellable scheduleOnce(
      FiniteDuration delay, Runnable work, ExecutionContext on) {
    Task task = new Task(now + delay.toNanos(), scheduled++, work, on);
    tasks.add(task);
    return new Cancellable() {
      private boolean cancelled;

      @Override
      public boolean cancel() {
        synchronized (ManualScheduler.this) {
          cancelled |= tasks.remove(task);
          return cancelled;
        }
      }

      @Override
      public boolean isCancelled() {
        return cancelled;
      }
    };
  }

  @Override
  @SuppressWarnings("deprecation") // Abstract in AbstractScheduler, and so to be implemented.
  public Cancellable schedule(
      FiniteDuration delay, FiniteDuration interval, Runnable work, ExecutionContext on) {
    throw new UnsupportedOperationException("the daemon has no repeated timers");
  }

  @Override
  public double maxFrequency() {
    return 1e9;
  }
}
