package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client against daemons that are missing, or answer wrongly. */
final class ControlClientTest {
  private static final StatusReport REPORT =
      StatusReport.of(new DaemonStatus(), "/ce", Instant.EPOCH);

  @TempDir private Path runDir;

  @Test
  void missingDaemonIsNotRunning() {
    assertThrows(NotRunning.class, () -> ControlClient.status(runDir));
    assertThrows(NotRunning.class, () -> ControlClient.status(runDir.resolve("none")));
  }

  @Test
  void socketOfKilledDaemonIsNotRunning() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
    }
    assertThrows(NotRunning.class, () -> ControlClient.status(runDir));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                          | closed the connection without an answer
          'null'                                      | can't parse
          'garbage'                                   | can't parse
          '[]'                                        | can't parse
          '{"protocol":1}'                            | has no status
          '{"protocol":1,"error":"no","status":null}' | no
          '{"protocol":1,"status":'                   | can't parse
          """)
  void wrongAnswerIsAFailure(String answer, String expected) {
    IOException failure =
        assertThrows(IOException.class, () -> answered(answer, () -> ControlClient.status(runDir)));
    assertTrue(String.valueOf(failure.getMessage()).contains(expected), failure::toString);
  }

  @Test
  void statusWithUnknownFieldsIsUnderstood() throws Throwable {
    String status = new Gson().toJson(REPORT).replaceFirst("\\{", "{\"later\":[1],");
    answered(
        "{\"protocol\":2,\"later\":{},\"status\":" + status + "}\n",
        () -> assertEquals(REPORT, ControlClient.status(runDir)));
  }

  /** Runs a client against a daemon that answers with these bytes. */
  private void answered(String answer, Executable client) throws Throwable {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
      CompletableFuture<Void> daemon = CompletableFuture.runAsync(() -> answerOnce(server, answer));
      client.execute();
      daemon.join();
    }
  }

  private static void answerOnce(ServerSocketChannel server, String answer) {
    try (SocketChannel client = server.accept()) {
      client.read(ByteBuffer.allocate(4096));
      client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
