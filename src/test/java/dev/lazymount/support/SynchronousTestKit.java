package dev.lazymount.support;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.javadsl.Adapter;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Actors without threads: a message is handled on the thread that sends it, before {@code tell}
 * returns, and time passes only when the test says so. What blocks in the daemon goes to a {@link
 * ManualExecutor}. So the order of all that happens is the order of the lines of the test.
 */
public final class SynchronousTestKit implements AutoCloseable {
  private static final String ONE_THREAD =
      """
      akka.actor.default-dispatcher.type = akka.testkit.CallingThreadDispatcherConfigurator
      akka.scheduler.implementation = dev.lazymount.support.ManualScheduler
      akka.log-dead-letters = off
      """;

  /** Three seconds before the clock of the machine wraps around: comparisons must stand that. */
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(3).toNanos());

  private final ActorTestKit kit =
      ActorTestKit.create(ConfigFactory.parseString(ONE_THREAD).withFallback(ConfigFactory.load()));
  private final ManualScheduler timers =
      (ManualScheduler) Adapter.toClassic(kit.system()).scheduler();

  /** To spawn actors and probes. */
  public ActorTestKit kit() {
    return kit;
  }

  /** What stands in for System.nanoTime(). */
  public LongSupplier clock() {
    return nanos::get;
  }

  /** Lets time pass; all timers that are due by then have been handled at the return. */
  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    timers.pass(time);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
