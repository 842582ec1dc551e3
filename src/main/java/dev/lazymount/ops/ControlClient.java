package dev.lazymount.ops;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import dev.lazymount.ops.ControlProtocol.Request;
import dev.lazymount.ops.ControlProtocol.Response;
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
      Response response = ask(runDir, new Request("status", null), step -> {});
      if (response.status() == null) {
        throw new IOException("the daemon's answer has no status");
      }
      return response.status();
    } catch (ControlRefusal e) {
      throw new IOException(e.getMessage(), e);
    }
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
   * Loads, on a thread of its own, what {@link #status} needs. Worth it for a process that has
   * something else to do before it asks: most of what a status takes is the loading of classes.
   */
  public static void prepare() {
    Thread loader =
        new Thread(
            () -> {
              TypeAdapter<?> unused = ControlProtocol.GSON.getAdapter(Response.class);
            },
            "prepare");
    loader.setDaemon(true);
    loader.start();
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
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Patience patience = new Patience(channel)) {
      connect(channel, ControlProtocol.socket(runDir));
      String line = ControlProtocol.GSON.toJson(request) + "\n";
      Channels.newOutputStream(channel).write(line.getBytes(StandardCharsets.UTF_8));
      BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      while (true) {
        Response response = ControlProtocol.GSON.fromJson(answers.readLine(), Response.class);
        if (response == null) {
          throw new IOException("the daemon closed without an answer");
        }
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

  /** The status as the JSON that tools rely on. */
  public static String json(StatusReport status) {
    return new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(status);
  }
}
