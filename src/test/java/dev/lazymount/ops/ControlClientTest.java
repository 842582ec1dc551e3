package dev.lazymount.ops;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Daemons that don't answer, or not as they should: always an IOException that says so. */
final class ControlClientTest {
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
          'null'                                      | closed without an answer
          'garbage'                                   | not understood
          '[]'                                        | not understood
          '{"protocol":1,"error":"no","status":null}' | no
          '{"protocol":1,"status":'                   | not understood
          """)
  void anAnswerThatIsNoStatusIsAFailure(String answer, String expected) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
      Thread daemon = new Thread(() -> answerOnce(server, answer));
      daemon.start();
      IOException failure = assertThrows(IOException.class, () -> ControlClient.status(runDir));
      daemon.join();
      assertTrue(String.valueOf(failure.getMessage()).contains(expected), failure::toString);
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
