package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
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
import org.junit.jupiter.api.io.TempDir;

/** A control server, and clients of all kinds; whatever a test opens is closed after it. */
abstract class ControlServerFixture {
  /** As many commands as are run at the same time. */
  static final int CLIENTS = 8;

  /** Longer than any test: who is closed is closed for another reason. */
  static final Duration ENDLESS = Duration.ofMinutes(10);

  static final Duration PATIENCE = Duration.ofSeconds(1);
  static final StatusReport REPORT = report("/ce");
  static final String QUESTION = "{\"command\":\"status\"}\n";

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
          "hang",
          (arguments, steps) -> {
            steps.tell("begun");
            new CountDownLatch(1).await();
            return "never";
          });

  @TempDir Path runDir;
  final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
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
    OutputStream out = Channels.newOutputStream(client);
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  ControlProtocol.Response ask(String question) throws IOException {
    SocketChannel client = connect();
    send(client, question);
    return answer(client);
  }

  /** Until it is closed, whichever way. */
  static byte[] readAll(SocketChannel client) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      Channels.newInputStream(client).transferTo(all);
    } catch (IOException e) {
      // Closed in the middle.
    }
    return all.toByteArray();
  }

  static ControlProtocol.Response answer(SocketChannel client) throws IOException {
    byte[] answer = Channels.newInputStream(client).readAllBytes();
    if (answer.length == 0) {
      throw new IOException("closed without an answer");
    }
    assertEquals('\n', answer[answer.length - 1]);
    return new Gson()
        .fromJson(new String(answer, StandardCharsets.UTF_8), ControlProtocol.Response.class);
  }

  static StatusReport report(String root) {
    return StatusReport.of(new DaemonStatus(), root, Instant.now());
  }
}
