package dev.lazymount.systemd;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.slf4j.LoggerFactory;

/**
 * The queue between the daemon's threads and stderr: a journal that does not read must stop no
 * actor. Lines that find the queue full are discarded, counted, and reported in one line as soon as
 * there is room again. Named in conf/logback.xml. Thread-safe; never blocks.
 */
public final class LogQueue extends AsyncAppender {
  /** Lines discarded since the last report; guarded by this. */
  private long discarded;

  /** A queue as configured, but one that never blocks. */
  public LogQueue() {
    setNeverBlock(true);
  }

  /** Writes what is queued, for one second at most, and ends logging. Call it before the exit. */
  public static void flush() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }

  /** Under a lock, so that the room seen is still there when the line is put into it. */
  @Override
  protected synchronized void append(ILoggingEvent event) {
    int needed = discarded == 0 ? 1 : 2;
    boolean nearlyFull = isQueueBelowDiscardingThreshold() && isDiscardable(event);
    if (nearlyFull || getRemainingCapacity() < needed) {
      discarded++;
      return;
    }
    if (discarded > 0) {
      super.append(report());
      discarded = 0;
    }
    super.append(event);
  }

  private ILoggingEvent report() {
    return new LoggingEvent(
        LogQueue.class.getName(),
        ((LoggerContext) getContext()).getLogger(LogQueue.class),
        Level.WARN,
        "log: discarded " + discarded + " lines because stderr did not accept them in time",
        null,
        null);
  }
}
