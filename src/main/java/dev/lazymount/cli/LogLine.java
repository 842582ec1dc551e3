package dev.lazymount.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One event of the log, one line. Under systemd it begins with a syslog level such as {@code <6>},
 * which the journal takes off, and has no time, which the journal has; elsewhere it is the other
 * way round. Thread-safe.
 */
final class LogLine extends LayoutBase<ILoggingEvent> {
  /** A line break inside a message would be a second entry of the journal. */
  private static final Pattern BREAK = Pattern.compile("\\s*[\r\n]+\\s*");

  private static final String STACK_LINES = "6";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final boolean journal;
  private final ThrowableProxyConverter stack = new ThrowableProxyConverter();

  /** A line for the journal, or for whoever else reads stderr. */
  LogLine(boolean journal) {
    this.journal = journal;
    stack.setOptionList(List.of(STACK_LINES));
  }

  @Override
  public void start() {
    stack.setContext(getContext());
    stack.start();
    super.start();
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    String head =
        journal
            ? syslog(event.getLevel())
            : TIME.format(Instant.ofEpochMilli(event.getTimeStamp()))
                + String.format(Locale.ROOT, " %-5s ", event.getLevel());
    String text = event.getFormattedMessage() + " " + stack.convert(event);
    return head + BREAK.matcher(text).replaceAll(" | ") + System.lineSeparator();
  }

  private static String syslog(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> "<3>";
      case Level.WARN_INT -> "<4>";
      case Level.INFO_INT -> "<6>";
      default -> "<7>";
    };
  }
}
