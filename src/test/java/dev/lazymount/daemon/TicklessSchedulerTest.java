package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.Cancellable;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.javadsl.Adapter;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.config.SettingsLoader;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.concurrent.ExecutionContext;

/** Timers without ticks. What is due runs at once here, on the thread of the timers. */
class TicklessSchedulerTest {
  private static final Duration SOON = Duration.ofMillis(20);
  private static final Duration NEVER = Duration.ofHours(1);

  private final TicklessScheduler scheduler =
      new TicklessScheduler(ConfigFactory.empty(), null, Thread::new);
  private final ExecutionContext here = ExecutionContext.fromExecutor(Runnable::run);
  private final BlockingQueue<Long> runs = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    scheduler.close();
  }

  private void run() {
    runs.add(System.nanoTime());
  }

  private long nextRun() throws InterruptedException {
    Long at = runs.poll(30, TimeUnit.SECONDS);
    assertTrue(at != null, "it is due");
    return at;
  }

  @Test
  void runsOnceAndNotBeforeItIsDue() throws InterruptedException {
    long begin = System.nanoTime();
    Cancellable timer = scheduler.scheduleOnce(SOON, this::run, here);
    assertTrue(nextRun() - begin >= SOON.toNanos());
    assertFalse(timer.cancel(), "it was run");
    assertFalse(timer.isCancelled());
  }

  @Test
  void runsAgainAndAgainUntilItIsCancelled() throws InterruptedException {
    Cancellable timer = scheduler.scheduleAtFixedRate(SOON, SOON, this::run, here);
    long first = nextRun();
    assertTrue(nextRun() > first);
    assertTrue(timer.cancel());
    assertTrue(timer.isCancelled());
    // Later than any of its runs would be.
    Cancellable last = scheduler.scheduleOnce(SOON.multipliedBy(3), () -> runs.add(0L), here);
    long run = nextRun();
    while (run != 0) {
      run = nextRun();
    }
    assertFalse(last.isCancelled());
    assertEquals(0, runs.size());
  }

  @Test
  void whatIsCancelledIsNotRunAndCancelledOnce() throws InterruptedException {
    Cancellable timer = scheduler.scheduleOnce(SOON, () -> runs.add(-1L), here);
    assertTrue(timer.cancel());
    assertFalse(timer.cancel());
    assertTrue(timer.isCancelled());
    scheduler.scheduleOnce(SOON.multipliedBy(2), () -> runs.add(1L), here);
    assertEquals(1L, nextRun());
  }

  @Test
  void closedItRunsNothingAndSaysSoAsAkkaDoes() {
    scheduler.scheduleOnce(NEVER, this::run, here);
    scheduler.close();
    assertThrows(IllegalStateException.class, () -> scheduler.scheduleOnce(SOON, this::run, here));
  }

  @Test
  void theDaemonsActorsHaveIt() {
    ActorTestKit kit = ActorTestKit.create(SettingsLoader.actorConfig(Optional.empty()));
    try {
      assertInstanceOf(TicklessScheduler.class, Adapter.toClassic(kit.system()).scheduler());
    } finally {
      kit.shutdownTestKit();
    }
  }
}
