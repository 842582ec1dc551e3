package dev.lazymount.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Logging while stderr does not accept a byte. */
final class LogQueueTest {
  private static final int ROOM = 10;

  /** A stderr that writes one line for each permit. */
  private static final class StalledStderr extends AppenderBase<ILoggingEvent> {
    private final Semaphore permits = new Semaphore(0);
    private final CountDownLatch stalled = new CountDownLatch(1);
    private final BlockingQueue<String> written = new LinkedBlockingQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      stalled.countDown();
      permits.acquireUninterruptibly();
      written.add(event.getFormattedMessage());
    }

    String next() throws InterruptedException {
      permits.release();
      return written.poll(10, TimeUnit.SECONDS);
    }
  }

  private final LoggerContext context = new LoggerContext();
  private final StalledStderr stderr = new StalledStderr();
  private final LogQueue queue = new LogQueue();
  private final Logger log = context.getLogger("test");

  @BeforeEach
  void stallStderr() throws InterruptedException {
    context.setMDCAdapter(new LogbackMDCAdapter());
    stderr.setContext(context);
    stderr.start();
    queue.setContext(context);
    queue.setQueueSize(ROOM);
    queue.setDiscardingThreshold(2);
    queue.addAppender(stderr);
    queue.start();
    log.addAppender(queue);
    log.warn("being written");
    assertTrue(stderr.stalled.await(10, TimeUnit.SECONDS));
  }

  @AfterEach
  void stop() {
    stderr.permits.release(1000);
    context.stop();
    queue.stop();
  }

  @Test
  void fullQueueDiscardsLinesAndReportsTheirNumber() throws Exception {
    for (int i = 0; i < ROOM + 5; i++) {
      // Returns although nothing is written.
      log.warn("warning {}", i);
    }
    assertEquals("being written", stderr.next());
    for (int i = 0; i < ROOM; i++) {
      assertEquals("warning " + i, stderr.next());
    }
    log.warn("after");
    assertEquals(
        List.of("log: discarded 5 lines because stderr did not accept them in time", "after"),
        List.of(stderr.next(), stderr.next()));
    log.warn("end");
    assertEquals("end", stderr.next());
  }

  @Test
  void nearlyFullQueueDiscardsInfoBeforeWarnings() throws Exception {
    for (int i = 0; i < ROOM; i++) {
      log.info("info {}", i);
    }
    log.warn("warning");
    assertEquals("being written", stderr.next());
    for (int i = 0; i < 9; i++) {
      assertEquals("info " + i, stderr.next());
    }
    log.warn("after");
    assertEquals(
        "log: discarded 2 lines because stderr did not accept them in time", stderr.next());
    assertEquals("after", stderr.next());
  }
}
