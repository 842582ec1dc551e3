package dev.lazymount.ops;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** Asks a running daemon. */
public final class ControlClient {
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private ControlClient() {}

  /**
   * The status of the daemon that has this run directory. The daemon answers within {@link
   * ControlServer#PATIENCE} or closes; one that does neither, because it is stopped or hangs, is
   * waited for a second longer.
   *
   * @throws IOException if none answers there, or not with a status
   */
  public static StatusReport status(Path runDir) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      closeAfter(channel, ControlServer.PATIENCE.plusSeconds(1));
      channel.connect(UnixDomainSocketAddress.of(ControlServer.socket(runDir)));
      String request = GSON.toJson(new ControlServer.Request("status")) + "\n";
      Channels.newOutputStream(channel).write(request.getBytes(StandardCharsets.UTF_8));
      byte[] answer = Channels.newInputStream(channel).readAllBytes();
      ControlServer.Response response =
          GSON.fromJson(new String(answer, StandardCharsets.UTF_8), ControlServer.Response.class);
      if (response == null || response.status() == null) {
        throw new IOException(
            response == null ? "the daemon closed without an answer" : response.error());
      }
      return response.status();
    } catch (AsynchronousCloseException e) {
      throw new IOException("it is there, but says nothing", e);
    } catch (JsonParseException e) {
      throw new IOException("the daemon's answer is not understood: " + e.getMessage(), e);
    }
  }

  /** Both connecting and reading wait for a daemon that hangs; closing the channel ends either. */
  private static void closeAfter(SocketChannel channel, Duration patience) {
    Thread closer =
        new Thread(
            () -> {
              try {
                Thread.sleep(patience.toMillis());
                channel.close();
              } catch (InterruptedException | IOException e) {
                // It is about to end anyway.
              }
            },
            "control-patience");
    closer.setDaemon(true);
    closer.start();
  }

  /** The status as the JSON that tools rely on. */
  public static String json(StatusReport status) {
    return new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(status);
  }
}
