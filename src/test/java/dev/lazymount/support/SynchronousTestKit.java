package dev.lazymount.support;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.javadsl.Adapter;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Runs actors without threads: a message is handled on the sender's thread before {@code tell}
 * returns, and time passes only by {@link #pass}. Blocking work of the daemon goes to a {@link
 * ManualExecutor}. So everything happens in the order of the lines of the test.
 */
public final class SynchronousTestKit implements AutoCloseable {
  private static final String ONE_THREAD =
      """
      akka.actor.default-dispatcher.type = akka.testkit.CallingThreadDispatcherConfigurator
      akka.scheduler.implementation = dev.lazymount.support.ManualScheduler
      akka.log-dead-letters = off
      """;

  /** Starts three seconds before System.nanoTime() overflows, which comparisons must survive. */
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(3).toNanos());

  private final ActorTestKit kit =
      ActorTestKit.create(ConfigFactory.parseString(ONE_THREAD).withFallback(ConfigFactory.load()));
  private final ManualScheduler timers =
      (ManualScheduler) Adapter.toClassic(kit.system()).scheduler();

  /** To spawn actors and probes. */
  public ActorTestKit kit() {
    return kit;
  }

  /** Replaces System.nanoTime(). */
  public LongSupplier clock() {
    return nanos::get;
  }

  /** Advances the time; timers that become due have been handled when it returns. */
  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    timers.pass(time);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
