package dev.lazymount.ops;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Asks a running daemon. */
public final class ControlClient {
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private ControlClient() {}

  /**
   * The status of the daemon that has this run directory. The daemon answers within {@link
   * ControlServer#PATIENCE} or closes.
   *
   * @throws IOException if none answers there, or not with a status
   */
  public static StatusReport status(Path runDir) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(ControlServer.socket(runDir)))) {
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
    } catch (JsonParseException e) {
      throw new IOException("the daemon's answer is not understood: " + e.getMessage(), e);
    }
  }

  /** The status as the JSON that tools rely on. */
  public static String json(StatusReport status) {
    return new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(status);
  }
}
