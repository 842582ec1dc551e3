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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Daemons that don't answer, or not as they should: always an IOException that says so. */
final class ControlClientTest {
  private static final StatusReport REPORT =
      StatusReport.of(new DaemonStatus(), "/ce", Instant.EPOCH);

  @TempDir private Path runDir;

  @Test
  void withoutADaemonThereIsNoAnswer() {
    assertThrows(IOException.class, () -> ControlClient.status(runDir));
    assertThrows(IOException.class, () -> ControlClient.status(runDir.resolve("none")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                          | closed without an answer
          'null'                                      | not understood
          'garbage'                                   | not understood
          '[]'                                        | not understood
          '{"protocol":1,"error":"no","status":null}' | no
          '{"protocol":1,"status":'                   | not understood
          """)
  void anAnswerThatIsNoStatusIsAFailure(String answer, String expected) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
      for (Executable asking :
          List.<Executable>of(
              () -> ControlClient.status(runDir),
              () -> ControlClient.status(runDir, StatusRendering.TEXT))) {
        Thread daemon = new Thread(() -> answerOnce(server, answer));
        daemon.start();
        IOException failure = assertThrows(IOException.class, asking);
        daemon.join();
        assertTrue(String.valueOf(failure.getMessage()).contains(expected), failure::toString);
      }
    }
  }

  /** An older one ignores how its status is to be printed, and answers with an object. */
  @ParameterizedTest
  @EnumSource(StatusRendering.class)
  void aDaemonThatKnowsNoRenderingsIsPrintedHere(StatusRendering rendering) throws Exception {
    String answer = "{\"protocol\":1,\"status\":" + new Gson().toJson(REPORT) + "}\n";
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
      Thread daemon = new Thread(() -> answerOnce(server, answer));
      daemon.start();
      assertEquals(rendering.of(REPORT), ControlClient.status(runDir, rendering));
      daemon.join();
    }
  }

  @ParameterizedTest
  @EnumSource(StatusRendering.class)
  void aStatusComesAsItIsToBePrinted(StatusRendering rendering) throws Exception {
    try (ControlServer server = ControlServer.start(runDir, () -> REPORT, Map.of())) {
      String text = ControlClient.status(runDir, rendering);
      assertEquals(rendering.of(REPORT), text);
      assertEquals(rendering == StatusRendering.COLOURS, text.contains("\u001b["));
      assertEquals(rendering == StatusRendering.JSON, text.startsWith("{"));
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
