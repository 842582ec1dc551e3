package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The built-in logging is the one that conf/logback.xml describes. */
final class LogLineTest {
  private final Throwable fault =
      new IllegalStateException("of two\nlines", new RuntimeException("a cause"));

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLineIsAsInTheFile(boolean journal) throws Exception {
    LoggerContext byFile = byFile(journal);
    Logger logger = byFile.getLogger("test");
    LogLine line = new LogLine(journal);
    line.setContext(byFile);
    line.start();
    for (Level level : new Level[] {Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG}) {
      for (String text : new String[] {"ready", "", " a \r\n\n\tb\n", "100 % {}"}) {
        for (Throwable thrown : new Throwable[] {null, fault}) {
          LoggingEvent event = new LoggingEvent("", logger, level, text, thrown, null);
          assertEquals(encoded(byFile, event), line.doLayout(event));
        }
      }
    }
  }

  @Test
  void whatIsLoggedIsAsInTheFile() throws Exception {
    LoggerContext byFile = byFile(false);
    LoggerContext builtIn = new LoggerContext();
    LogSetup setup = new LogSetup();
    setup.setContext(builtIn);
    assertEquals(ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY, setup.configure(builtIn));
    for (LoggerContext context : new LoggerContext[] {byFile, builtIn}) {
      assertEquals(Level.INFO, context.getLogger("dev.lazymount").getEffectiveLevel());
      assertEquals(Level.WARN, context.getLogger("akka.actor").getEffectiveLevel());
      assertEquals("System.err", ((ConsoleAppender<?>) appender(context)).getTarget());
    }
    LoggingEvent event =
        new LoggingEvent("", builtIn.getLogger("test"), Level.INFO, "ready", null, null);
    event.setInstant(Instant.EPOCH);
    assertEquals(encoded(byFile, event), encoded(builtIn, event));
  }

  private static LoggerContext byFile(boolean journal) throws Exception {
    LoggerContext context = new LoggerContext();
    context.putProperty("lazymount.log.head", journal ? "journal" : "time");
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(new File("conf/logback.xml"));
    return context;
  }

  private static Appender<ILoggingEvent> appender(LoggerContext context) {
    return context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("stderr");
  }

  private static String encoded(LoggerContext context, ILoggingEvent event) {
    OutputStreamAppender<?> appender =
        assertInstanceOf(OutputStreamAppender.class, appender(context));
    @SuppressWarnings("unchecked")
    OutputStreamAppender<ILoggingEvent> of = (OutputStreamAppender<ILoggingEvent>) appender;
    return new String(of.getEncoder().encode(event), StandardCharsets.UTF_8);
  }
}
