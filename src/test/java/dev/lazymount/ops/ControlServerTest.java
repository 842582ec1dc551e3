package dev.lazymount.ops;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import dev.lazymount.state.DaemonStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of all kinds; those that ask properly get their answer whatever the others do. */
final class ControlServerTest {
  /** As many as are served at the same time. */
  private static final int CLIENTS = 8;

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final StatusReport REPORT = report("/ce");
  private static final String QUESTION = "{\"command\":\"status\"}\n";

  private static final Map<String, ControlCommand> COMMANDS =
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

  @TempDir private Path runDir;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void answersAQuestionWithTheStatus() throws IOException {
    start();
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void answersAQuestionThatComesByteByByte() throws IOException {
    start();
    SocketChannel client = connect();
    for (byte b : QUESTION.getBytes(StandardCharsets.UTF_8)) {
      client.write(ByteBuffer.wrap(new byte[] {b}));
    }
    assertEquals(REPORT, answer(client).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\n",
        "\n",
        "{}\n",
        "null\n",
        "[]\n",
        "7\n",
        "{\"command\":null}\n",
        "{\"command\":7}\n",
        "{\"command\":{\"command\":\"status\"}}\n",
        "{\"command\":\"reboot\"}\n",
        "{\"command\":\"status\"\n",
        "\u0000\u0001\u0002\n",
        "GET / HTTP/1.1\r\n",
      })
  void answersWhatIsNoQuestionWithAnError(String question) throws IOException {
    start();
    ControlProtocol.Response response = ask(question);
    assertEquals(ControlProtocol.VERSION, response.protocol());
    assertNull(response.status());
    assertTrue(response.error().length() > 10, response.error());
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void answersAQuestionWithoutAnEndOnceNoMoreComes() throws IOException {
    start();
    SocketChannel client = connect();
    send(client, "{\"command\":\"stat");
    client.shutdownOutput();
    assertTrue(answer(client).error().contains("one line of JSON"));
  }

  @Test
  void aQuestionThatIsTooLongIsAnsweredWithoutReadingOn() throws IOException {
    start();
    for (String filler : List.of("x", "[", "{\"a\":")) {
      String tooLong = filler.repeat(ControlProtocol.LONGEST_REQUEST);
      ControlProtocol.Response response =
          ask(tooLong.substring(0, ControlProtocol.LONGEST_REQUEST));
      assertTrue(response.error().contains("one line of JSON"), response.error());
    }
  }

  @Test
  void aClientThatIsGoneBeforeItsAnswerHurtsNobody() throws IOException {
    start();
    for (int i = 0; i < 3 * CLIENTS; i++) {
      SocketChannel client = connect();
      send(client, QUESTION);
      client.close();
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void silentClientsAreClosedAndOthersAnswered() throws IOException {
    start();
    List<SocketChannel> silent = new ArrayList<>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      silent.add(connect());
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    for (SocketChannel client : silent.subList(0, CLIENTS)) {
      assertThrows(IOException.class, () -> answer(client), "it was closed without an answer");
    }
  }

  @Test
  void clientsThatDoNotReadTheirAnswerAreClosedAndOthersAnswered() throws IOException {
    StatusReport huge = report("x".repeat(4_000_000));
    start(() -> huge);
    List<SocketChannel> deaf = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      SocketChannel client = connect();
      send(client, QUESTION);
      deaf.add(client);
    }
    assertEquals(huge, ControlClient.status(runDir));
    // All places were taken, so at least one was closed for it; the others may still be let read.
    int cutOff = 0;
    for (SocketChannel client : deaf) {
      if (Channels.newInputStream(client).readAllBytes().length < 4_000_000) {
        cutOff++;
      }
    }
    assertTrue(cutOff > 0);
  }

  @Test
  void aHastyCrowdIsAnsweredToTheLast() throws Exception {
    start();
    ExecutorService crowd = Executors.newFixedThreadPool(2 * CLIENTS);
    open.add(crowd::shutdownNow);
    List<Future<StatusReport>> answers = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      answers.add(crowd.submit(() -> ControlClient.status(runDir)));
    }
    for (Future<StatusReport> answer : answers) {
      assertEquals(REPORT, answer.get());
    }
  }

  @Test
  void aStatusThatCrashesIsNoAnswerAndTheNextIsFine() throws IOException {
    List<RuntimeException> faults = new ArrayList<>(Collections.nCopies(3 * CLIENTS, null));
    faults.replaceAll(none -> new IllegalStateException("a fault"));
    start(
        () -> {
          synchronized (faults) {
            if (!faults.isEmpty()) {
              throw faults.remove(0);
            }
          }
          return REPORT;
        });
    for (int i = 0; i < 3 * CLIENTS; i++) {
      assertThrows(IOException.class, () -> ControlClient.status(runDir));
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void aCommandTellsItsStepsAndThenItsAnswer() throws Exception {
    start();
    List<Integer> steps = new ArrayList<>();
    JsonElement answer =
        ControlClient.command(
            runDir, "count", List.of("1000", "b"), step -> steps.add(step.getAsInt()));
    assertEquals(IntStream.range(0, 1000).boxed().toList(), steps);
    assertEquals("[\"1000\",\"b\"]", answer.toString());
  }

  @Test
  void aRefusalSaysWhy() throws IOException {
    start();
    ControlRefusal refusal =
        assertThrows(
            ControlRefusal.class,
            () -> ControlClient.command(runDir, "refuse", List.of(), step -> {}));
    assertEquals("not today", refusal.getMessage());
  }

  @Test
  void anUnknownCommandIsToldWhichThereAre() throws IOException {
    start();
    assertEquals(
        "unknown command; there is: count, hang, refuse, status",
        ask("{\"command\":\"reboot\",\"arguments\":[null,\"x\"]}\n").error());
  }

  @Test
  void commandsWithoutProgressAreGivenUpAndOthersAnswered() throws IOException {
    start();
    List<SocketChannel> hanging = new ArrayList<>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      SocketChannel client = connect();
      send(client, "{\"command\":\"hang\"}\n");
      hanging.add(client);
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    for (SocketChannel client : hanging) {
      assertTrue(answer(client).more(), "the one step, and nothing after it");
    }
  }

  @Test
  void theSocketIsForItsOwnerAlone() throws IOException {
    start();
    Path socket = ControlServer.socket(runDir);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
  }

  @Test
  void whatAKilledDaemonLeftIsReplaced() throws IOException {
    Files.createFile(ControlServer.socket(runDir));
    start();
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void afterTheEndThereIsNoSocketAndNoAnswer() throws Exception {
    ControlServer server = start();
    SocketChannel waiting = connect();
    server.close();
    assertFalse(Files.exists(ControlServer.socket(runDir)));
    assertThrows(IOException.class, () -> ControlClient.status(runDir));
    assertThrows(IOException.class, () -> answer(waiting));
    assertDoesNotThrow(server::close, "twice is once");
  }

  private ControlServer start() throws IOException {
    return start(() -> REPORT);
  }

  private ControlServer start(Supplier<StatusReport> status) throws IOException {
    ControlServer server = ControlServer.start(runDir, status, COMMANDS, PATIENCE);
    open.add(server);
    return server;
  }

  private SocketChannel connect() throws IOException {
    SocketChannel client =
        SocketChannel.open(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
    open.add(client);
    return client;
  }

  private static void send(SocketChannel client, String text) throws IOException {
    OutputStream out = Channels.newOutputStream(client);
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private ControlProtocol.Response ask(String question) throws IOException {
    SocketChannel client = connect();
    send(client, question);
    return answer(client);
  }

  private static ControlProtocol.Response answer(SocketChannel client) throws IOException {
    byte[] answer = Channels.newInputStream(client).readAllBytes();
    if (answer.length == 0) {
      throw new IOException("closed without an answer");
    }
    assertEquals('\n', answer[answer.length - 1]);
    return new Gson()
        .fromJson(new String(answer, StandardCharsets.UTF_8), ControlProtocol.Response.class);
  }

  private static StatusReport report(String root) {
    return StatusReport.of(new DaemonStatus(), root, Instant.now());
  }
}
