package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.gson.Gson;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A control server, and clients that send what a test wants; both are closed after the test. */
abstract class ControlServerFixture {
  /** Longer than any test, so that no deadline expires in it. */
  static final Duration ENDLESS = Duration.ofMinutes(10);

  static final Duration PATIENCE = Duration.ofSeconds(1);
  static final StatusReport REPORT = report("/ce");
  static final String STATUS = "{\"command\":\"status\"}\n";

  static final Map<String, ControlCommand> COMMANDS =
      Map.of(
          "count",
          (arguments, steps) -> {
            for (int i = 0; i < Integer.parseInt(arguments.get(0)); i++) {
              steps.tell(i);
            }
            return arguments;
          },
          "refuse",
          (arguments, steps) -> {
            throw new ControlRefusal("not today");
          },
          "crash",
          (arguments, steps) -> {
            throw new IllegalStateException("a bug");
          },
          "hang",
          (arguments, steps) -> {
            steps.tell("begun");
            new CountDownLatch(1).await();
            return "never";
          });

  @TempDir Path runDir;
  final List<AutoCloseable> open = new ArrayList<>();

  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  @BeforeEach
  void captureLog() {
    Logger logger = (Logger) LoggerFactory.getLogger(ControlSession.class);
    logger.setAdditive(false);
    appender.start();
    logger.addAppender(appender);
    open.add(
        () -> {
          logger.detachAppender(appender);
          logger.setAdditive(true);
        });
  }

  /** What the sessions have logged as warnings or errors. */
  List<String> log() {
    return List.copyOf(appender.list).stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @AfterEach
  void closeAll() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  ControlServer start() throws IOException {
    return start(() -> REPORT);
  }

  ControlServer start(Supplier<StatusReport> status) throws IOException {
    return start(status, PATIENCE);
  }

  ControlServer start(Supplier<StatusReport> status, Duration patience) throws IOException {
    ControlServer server =
        ControlServer.start(runDir, Optional.empty(), status, COMMANDS, patience);
    open.add(server);
    return server;
  }

  SocketChannel connect() throws IOException {
    SocketChannel client =
        SocketChannel.open(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
    open.add(client);
    return client;
  }

  static void send(SocketChannel client, String text) throws IOException {
    send(client, text.getBytes(StandardCharsets.UTF_8));
  }

  static void send(SocketChannel client, byte[] bytes) throws IOException {
    client.write(ByteBuffer.wrap(bytes));
  }

  ControlProtocol.Response ask(String request) throws IOException {
    SocketChannel client = connect();
    send(client, request);
    return answer(client);
  }

  /** Reads until the server closes the connection or resets it. */
  static byte[] readAll(SocketChannel client) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      Channels.newInputStream(client).transferTo(all);
    } catch (IOException reset) {
      // Also an end.
    }
    return all.toByteArray();
  }

  /** Reads one line, byte by byte, and leaves the rest. */
  static ControlProtocol.Response line(SocketChannel client) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    InputStream in = Channels.newInputStream(client);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed without an answer");
      }
      line.write(b);
    }
    return response(line.toByteArray());
  }

  /** Reads the only line of an answer, and the end. */
  static ControlProtocol.Response answer(SocketChannel client) throws IOException {
    byte[] answer = readAll(client);
    if (answer.length == 0) {
      throw new IOException("closed without an answer");
    }
    assertEquals('\n', answer[answer.length - 1]);
    return response(answer);
  }

  private static ControlProtocol.Response response(byte[] json) {
    return new Gson()
        .fromJson(new String(json, StandardCharsets.UTF_8), ControlProtocol.Response.class);
  }

  static StatusReport report(String root) {
    return StatusReport.of(new DaemonStatus(), root, Instant.now());
  }
}
