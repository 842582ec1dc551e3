package dev.lazymount.control;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import dev.lazymount.control.ControlProtocol.Request;
import dev.lazymount.control.ControlProtocol.Response;
import dev.lazymount.status.StatusReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Sends requests to a running daemon. */
public final class ControlClient {
  private ControlClient() {}

  /**
   * The status of the daemon with this run directory. The daemon answers within {@link
   * ControlProtocol#PATIENCE}; a daemon that is stopped or hangs is given one second more.
   *
   * @throws NotRunning if no daemon runs
   * @throws IOException if the daemon can't be asked, or does not answer with a status
   */
  public static StatusReport status(Path runDir) throws IOException {
    try {
      Response response = ask(runDir, new Request("status", null), step -> {});
      if (response.status() == null) {
        throw new IOException("the answer of the daemon has no status");
      }
      return response.status();
    } catch (ControlRefusal e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Runs a command in the daemon.
   *
   * @param runDir the daemon's run directory
   * @param command its name
   * @param arguments its arguments
   * @param steps receives each step before the answer, on this thread
   * @return the answer
   * @throws NotRunning if no daemon runs
   * @throws IOException if the daemon can't be asked, or does not answer
   * @throws ControlRefusal if the daemon refuses, with its reason
   */
  public static JsonElement command(
      Path runDir, String command, List<String> arguments, Consumer<JsonElement> steps)
      throws IOException, ControlRefusal {
    return ask(runDir, new Request(command, arguments), step -> steps.accept(step.result()))
        .result();
  }

  /** Only a refused connection or a missing socket means that no daemon runs; EACCES does not. */
  private static void connect(SocketChannel channel, Path socket) throws IOException {
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (ConnectException e) {
      throw new NotRunning(e);
    } catch (AsynchronousCloseException e) {
      throw e;
    } catch (IOException e) {
      if (Files.notExists(socket)) {
        throw new NotRunning(e);
      }
      throw new IOException(
          e.getMessage() + "; run it as root, or as a member of control.group", e);
    }
  }

  private static Response ask(Path runDir, Request request, Consumer<Response> steps)
      throws IOException, ControlRefusal {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Patience patience = new Patience(channel)) {
      connect(channel, ControlProtocol.socket(runDir));
      String line = ControlProtocol.GSON.toJson(request) + "\n";
      Channels.newOutputStream(channel).write(line.getBytes(StandardCharsets.UTF_8));
      BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      while (true) {
        Response response = response(answers.readLine());
        if (response.error() != null) {
          throw new ControlRefusal(response.error());
        }
        if (!response.more()) {
          return response;
        }
        patience.extend();
        steps.accept(response);
      }
    } catch (AsynchronousCloseException e) {
      throw new IOException("it accepts connections but does not answer", e);
    } catch (JsonParseException e) {
      throw new IOException("can't parse the answer of the daemon: " + e.getMessage(), e);
    }
  }

  private static Response response(String line) throws IOException {
    if (line == null || line.isBlank()) {
      throw new IOException("the daemon closed the connection without an answer");
    }
    Response response = ControlProtocol.GSON.fromJson(line, Response.class);
    if (response == null) {
      throw new IOException("can't parse the answer of the daemon: it is null");
    }
    return response;
  }

  /**
   * Closes the channel when nothing has arrived for too long. Connecting and reading both block
   * while a daemon hangs; closing the channel ends either.
   */
  private static final class Patience implements AutoCloseable {
    private static final long NANOS = ControlProtocol.PATIENCE.plusSeconds(1).toNanos();

    private final Thread thread;
    private volatile long end;

    private Patience(SocketChannel channel) {
      extend();
      thread = new Thread(() -> watch(channel), "control-patience");
      thread.setDaemon(true);
      thread.start();
    }

    private void extend() {
      end = System.nanoTime() + NANOS;
    }

    private void watch(SocketChannel channel) {
      try {
        for (long left = NANOS; left > 0; left = end - System.nanoTime()) {
          TimeUnit.NANOSECONDS.sleep(left);
        }
        channel.close();
      } catch (InterruptedException | IOException e) {
        // The call has ended, or the channel is closed already.
      }
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
