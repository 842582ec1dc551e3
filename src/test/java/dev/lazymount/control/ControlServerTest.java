package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and their answers, commands, and the socket file. */
final class ControlServerTest extends ControlServerFixture {
  @Test
  void statusIsAnswered() throws IOException {
    start();
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void requestMayArriveByteByByte() throws IOException {
    start();
    SocketChannel client = connect();
    for (byte b : STATUS.getBytes(StandardCharsets.UTF_8)) {
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
  void malformedRequestGetsAnError(String request) throws IOException {
    start();
    ControlProtocol.Response response = ask(request);
    assertEquals(ControlProtocol.VERSION, response.protocol());
    assertNull(response.status());
    assertTrue(response.error().length() > 10, response.error());
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void cutOffRequestGetsAnError() throws IOException {
    start();
    SocketChannel client = connect();
    send(client, "{\"command\":\"stat");
    client.shutdownOutput();
    assertTrue(answer(client).error().contains("one line of JSON"));
  }

  @Test
  void tooLongRequestGetsAnError() throws IOException {
    start();
    for (String filler : List.of("x", "[", "{\"a\":")) {
      String tooLong = filler.repeat(ControlProtocol.LONGEST_REQUEST);
      ControlProtocol.Response response =
          ask(tooLong.substring(0, ControlProtocol.LONGEST_REQUEST));
      assertTrue(response.error().contains("one line of JSON"), response.error());
    }
  }

  @Test
  void commandSendsStepsAndThenItsAnswer() throws Exception {
    start();
    List<Integer> steps = new ArrayList<>();
    JsonElement answer =
        ControlClient.command(
            runDir, "count", List.of("1000", "b"), step -> steps.add(step.getAsInt()));
    assertEquals(IntStream.range(0, 1000).boxed().toList(), steps);
    assertEquals("[\"1000\",\"b\"]", answer.toString());
  }

  @Test
  void refusalHasItsReason() throws IOException {
    start();
    ControlRefusal refusal =
        assertThrows(
            ControlRefusal.class,
            () -> ControlClient.command(runDir, "refuse", List.of(), step -> {}));
    assertEquals("not today", refusal.getMessage());
  }

  @Test
  void unknownCommandGetsTheKnownOnes() throws IOException {
    start();
    assertEquals(
        "unknown command; known commands: count, crash, hang, refuse, status",
        ask("{\"command\":\"reboot\",\"arguments\":[null,\"x\"]}\n").error());
  }

  @Test
  void socketIsClosedToOtherUsers() throws IOException {
    start();
    Path socket = ControlServer.socket(runDir);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
  }

  @Test
  void socketIsOpenToTheConfiguredGroup() throws IOException {
    String group = Files.readAttributes(runDir, PosixFileAttributes.class).group().getName();
    Files.setPosixFilePermissions(runDir, PosixFilePermissions.fromString("rwx------"));
    open.add(ControlServer.start(runDir, Optional.of(group), () -> REPORT, COMMANDS, PATIENCE));
    PosixFileAttributes socket =
        Files.readAttributes(ControlServer.socket(runDir), PosixFileAttributes.class);
    assertEquals("rw-rw----", PosixFilePermissions.toString(socket.permissions()));
    assertEquals(group, socket.group().getName());
    assertEquals("rwx--x---", PosixFilePermissions.toString(Files.getPosixFilePermissions(runDir)));
  }

  @Test
  void missingGroupIsNamedAndNoSocketRemains() {
    IOException refused =
        assertThrows(
            IOException.class,
            () ->
                ControlServer.start(
                    runDir, Optional.of("no-such-group"), () -> REPORT, COMMANDS, PATIENCE));
    assertTrue(refused.getMessage().contains("no-such-group"), refused.getMessage());
    assertFalse(Files.exists(ControlServer.socket(runDir)));
  }

  @Test
  void socketOfKilledDaemonIsReplaced() throws IOException {
    Files.createFile(ControlServer.socket(runDir));
    start();
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void closedServerLeavesNoSocketAndNoClient() throws Exception {
    ControlServer server = start();
    SocketChannel waiting = connect();
    server.close();
    assertFalse(Files.exists(ControlServer.socket(runDir)));
    assertThrows(IOException.class, () -> ControlClient.status(runDir));
    assertClosedOrRefused(waiting);
    assertDoesNotThrow(server::close, "close is idempotent");
  }

  /** Refused if it was accepted while the server closed. */
  private static void assertClosedOrRefused(SocketChannel client) {
    try {
      assertEquals("the daemon is stopping", answer(client).error());
    } catch (IOException closed) {
      assertNotNull(closed.getMessage());
    }
  }
}
