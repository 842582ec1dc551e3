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
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks a running daemon. */
public final class ControlClient {
  private ControlClient() {}

  /**
   * The status of the daemon that has this run directory. The daemon answers within {@link
   * ControlProtocol#PATIENCE} or closes; one that does neither, because it is stopped or hangs, is
   * waited for a second longer.
   *
   * @throws NotRunning if there is none
   * @throws IOException if it can't be asked, or does not answer with a status
   */
  public static StatusReport status(Path runDir) throws IOException {
    try {
      return known(ask(runDir, new Request("status", null), step -> {}));
    } catch (ControlRefusal e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static StatusReport known(Response response) throws IOException {
    if (response.status() == null) {
      throw new IOException("the daemon's answer has no status");
    }
    return response.status();
  }

  /**
   * Has the daemon do something.
   *
   * @param runDir the daemon's
   * @param command by name
   * @param arguments of the command
   * @param steps is told each step on the way, on this thread
   * @return its answer
   * @throws NotRunning if there is no daemon
   * @throws IOException if it can't be asked, or does not answer
   * @throws ControlRefusal if the daemon does not do it, and why
   */
  public static JsonElement command(
      Path runDir, String command, List<String> arguments, Consumer<JsonElement> steps)
      throws IOException, ControlRefusal {
    return ask(runDir, new Request(command, arguments), step -> steps.accept(step.result()))
        .result();
  }

  /**
   * The status as it is printed, put together by the daemon: that is warmed up, and this process
   * would take longer to load what understands a status than for all the rest.
   *
   * @param rendering how
   * @throws NotRunning if there is no daemon
   * @throws IOException if it can't be asked, or does not answer with a status
   */
  public static String status(Path runDir, StatusRendering rendering) throws IOException {
    try {
      return talk(
          runDir,
          rendering.question(),
          (answers, patience) -> {
            String line = line(answers);
            Optional<String> text = StatusRendering.text(line);
            // A daemon of before an update answers with an object.
            return text.isPresent() ? text.get() : rendering.of(known(response(line)));
          });
    } catch (ControlRefusal e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Not to be let in is no sign that nobody is there. */
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
          e.getMessage() + "; run it as root, or as one of the group that control.group names", e);
    }
  }

  private static Response ask(Path runDir, Request request, Consumer<Response> steps)
      throws IOException, ControlRefusal {
    return talk(
        runDir,
        ControlProtocol.Json.GSON.toJson(request),
        (answers, patience) -> {
          while (true) {
            Response response = response(line(answers));
            if (response.error() != null) {
              throw new ControlRefusal(response.error());
            }
            if (!response.more()) {
              return response;
            }
            patience.extend();
            steps.accept(response);
          }
        });
  }

  private static Response response(String line) throws IOException {
    Response response = ControlProtocol.Json.GSON.fromJson(line, Response.class);
    if (response == null) {
      throw new IOException("the daemon's answer is not understood: it is null");
    }
    return response;
  }

  private static String line(BufferedReader answers) throws IOException {
    String line = answers.readLine();
    if (line == null || line.isBlank()) {
      throw new IOException("the daemon closed without an answer");
    }
    return line;
  }

  private interface Talk<T> {
    T with(BufferedReader answers, Patience patience) throws IOException, ControlRefusal;
  }

  private static <T> T talk(Path runDir, String question, Talk<T> talk)
      throws IOException, ControlRefusal {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Patience patience = new Patience(channel)) {
      connect(channel, ControlProtocol.socket(runDir));
      Channels.newOutputStream(channel).write((question + "\n").getBytes(StandardCharsets.UTF_8));
      return talk.with(
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8)),
          patience);
    } catch (AsynchronousCloseException e) {
      throw new IOException("it is there, but says nothing", e);
    } catch (JsonParseException e) {
      throw new IOException("the daemon's answer is not understood: " + e.getMessage(), e);
    }
  }

  /**
   * Closes a channel on which nothing came for too long. Both connecting and reading wait for a
   * daemon that hangs; closing the channel ends either.
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
        // It has ended, or is about to.
      }
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
