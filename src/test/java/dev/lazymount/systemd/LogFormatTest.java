package dev.lazymount.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.File;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What conf/logback.xml makes of an event. */
final class LogFormatTest {
  private final LoggerContext context = new LoggerContext();

  @AfterEach
  void stop() {
    context.stop();
  }

  @ParameterizedTest
  @CsvSource({"ERROR,<3>", "WARN,<4>", "INFO,<6>", "DEBUG,<7>", "TRACE,<7>"})
  void journalLinesStartWithTheirSyslogLevel(String level, String prefix) throws Exception {
    configure("journal");
    assertEquals(
        prefix + "ready: all is well \n", line(Level.valueOf(level), "ready: all is well"));
  }

  @Test
  void linesForATerminalStartWithTimeAndLevel() throws Exception {
    configure("time");
    String line = line(Level.WARN, "trace: blind");
    assertTrue(line.matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} WARN  trace: blind \n"), line);
  }

  @Test
  void lineBreaksAndControlCharactersStayWithinOneLine() throws Exception {
    configure("journal");
    assertEquals("<6>a | <3>b?[31m?c 'd' \n", line(Level.INFO, "a \r\n\n\t<3>b\u001b[31m\0c 'd'"));
    assertEquals("<6>? \n", line(Level.INFO, "\u009b"));
  }

  @Test
  void stackTraceIsOneLineOfAFewFrames() throws Exception {
    configure("journal");
    String line =
        encode(event(Level.ERROR, "internal error", new IllegalStateException("two\nlines")));
    assertTrue(line.startsWith("<3>internal error java.lang.IllegalStateException: two | lines"));
    assertEquals(1, line.lines().count(), line);
    assertTrue(line.split(" \\| at ", -1).length <= 7, line);
  }

  @Test
  void logsInfoAndAboveToStderrAndAkkaFromWarnOn() throws Exception {
    configure("time");
    assertEquals("System.err", stderr().getTarget());
    assertEquals(Level.INFO, context.getLogger("dev.lazymount").getEffectiveLevel());
    assertEquals(Level.WARN, context.getLogger("akka.actor").getEffectiveLevel());
  }

  private void configure(String head) throws Exception {
    context.putProperty("lazymount.log.head", head);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(new File("conf/logback.xml"));
  }

  private LogQueue queue() {
    return assertInstanceOf(
        LogQueue.class, context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("queue"));
  }

  private ConsoleAppender<ILoggingEvent> stderr() {
    return (ConsoleAppender<ILoggingEvent>) queue().getAppender("stderr");
  }

  private String line(Level level, String text) {
    return encode(event(level, text, null));
  }

  private LoggingEvent event(Level level, String text, Throwable thrown) {
    return new LoggingEvent("", context.getLogger("test"), level, text, thrown, null);
  }

  private String encode(ILoggingEvent event) {
    return new String(stderr().getEncoder().encode(event), StandardCharsets.UTF_8);
  }
}
