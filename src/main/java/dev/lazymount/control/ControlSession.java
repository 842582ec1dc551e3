package dev.lazymount.control;

import com.google.gson.JsonIOException;
import com.google.gson.JsonParseException;
import dev.lazymount.control.ControlProtocol.Request;
import dev.lazymount.control.ControlProtocol.Response;
import dev.lazymount.status.StatusReport;
import dev.lazymount.text.Printable;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the control socket: reads a request, answers it and closes. Runs on a thread of
 * the server's pool; its deadline runs on the server's timer.
 */
final class ControlSession implements Runnable {
  private static final String STATUS = "status";
  private static final int BUFFER = 16 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(ControlSession.class);

  /**
   * What all sessions share.
   *
   * @param status returns the newest status
   * @param commands the other commands, by name
   * @param slots one permit for each command that may run
   * @param timer runs deadlines
   * @param patience how long a client may make no progress
   */
  record Env(
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      Semaphore slots,
      ScheduledExecutorService timer,
      Duration patience) {}

  private final SocketChannel channel;
  private final Env env;
  private final Runnable onClose;

  /** This session on the pool; null until it is submitted. Guarded by this. */
  private Future<?> task;

  /** Guarded by this. */
  private Future<?> deadline;

  /** Whether the response has begun. Used by the session's thread. */
  private boolean begun;

  /** The deadline runs from here on. */
  ControlSession(SocketChannel channel, Env env, Runnable onClose) {
    this.channel = channel;
    this.env = env;
    this.onClose = onClose;
    extendDeadline();
  }

  /** Sets the task that runs this session, so that an expired deadline can interrupt it. */
  synchronized void served(Future<?> by) {
    task = by;
  }

  /** Sends an error, instead of {@link #run}, and closes. */
  void refuse(Response error) {
    try {
      // The line fits into the socket's empty buffer, so this does not block the accept thread.
      send(error);
    } catch (IOException e) {
      LOG.debug("control: {}", e.toString());
    } finally {
      close();
    }
  }

  @Override
  public void run() {
    String name = "";
    try {
      String line = readLine();
      if (line == null) {
        return;
      }
      Request request = parse(line);
      name = request == null || request.command() == null ? "" : request.command();
      answer(name, request);
    } catch (IOException e) {
      LOG.debug("control: {}", e.toString());
    } catch (InterruptedException e) {
      // The deadline or the server's end; either has closed the channel.
      LOG.debug("control: {} was interrupted", name);
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      LOG.error("control: internal error handling request {}", name, e);
      internalError();
    } finally {
      close();
    }
  }

  /** An error ends this client only; the next one is served. */
  private void internalError() {
    if (!begun) {
      refuse(Response.error("internal error; see the log of the daemon"));
    }
  }

  private void answer(String name, Request request) throws IOException, InterruptedException {
    ControlCommand command = env.commands().get(name);
    if (name.equals(STATUS)) {
      send(Response.status(env.status().get()));
    } else if (command != null) {
      run(command, request);
    } else if (request == null) {
      send(Response.error("not a request: one line of JSON is expected"));
    } else {
      TreeSet<String> known = new TreeSet<>(env.commands().keySet());
      known.add(STATUS);
      send(Response.error("unknown command; known commands: " + String.join(", ", known)));
    }
  }

  private void run(ControlCommand command, Request request)
      throws IOException, InterruptedException {
    if (!env.slots().tryAcquire()) {
      send(
          Response.error(
              ControlServer.COMMANDS + " commands are running; try again when one ends"));
      return;
    }
    try {
      extendDeadline();
      Object answer = command.answer(request.givenArguments(), new Steps());
      send(Response.result(answer, false));
    } catch (ControlRefusal e) {
      send(Response.error(e.getMessage()));
    } finally {
      env.slots().release();
    }
  }

  /** The client of this session. */
  private final class Steps implements ControlCommand.Steps {
    @Override
    public void tell(Object step) throws IOException {
      send(Response.result(step, true));
      extendDeadline();
    }

    /** By SO_PEERCRED (unix(7)): the user that the client had when it connected. */
    @Override
    public String client() {
      try {
        return Printable.of(channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName());
      } catch (IOException | UnsupportedOperationException e) {
        return ControlCommand.Steps.super.client();
      }
    }
  }

  /**
   * Reads one line within the deadline.
   *
   * @return without its line end; what a client sends before it shuts its side down counts as a
   *     line too. Null if the client sent nothing
   */
  private String readLine() throws IOException {
    byte[] bytes = new byte[1024];
    int length = 0;
    InputStream in = Channels.newInputStream(channel);
    while (length < ControlProtocol.LONGEST_REQUEST) {
      if (length == bytes.length) {
        bytes = Arrays.copyOf(bytes, 4 * length);
      }
      int read = in.read(bytes, length, bytes.length - length);
      if (read < 0) {
        break;
      }
      for (int i = length; i < length + read; i++) {
        if (bytes[i] == '\n') {
          return new String(bytes, 0, i, StandardCharsets.UTF_8);
        }
      }
      length += read;
    }
    return length == 0 ? null : new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Null if the line is no request; deep nesting overflows the stack of the parser. */
  static Request parse(String line) {
    try {
      return ControlProtocol.GSON.fromJson(line, Request.class);
    } catch (JsonParseException | StackOverflowError e) {
      return null;
    }
  }

  /** Writes a line piece by piece; each piece that the client takes extends the deadline. */
  private void send(Response response) throws IOException {
    begun = true;
    OutputStream raw = Channels.newOutputStream(channel);
    OutputStream pieces =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            extendDeadline();
            raw.write(bytes, offset, length);
          }
        };
    Writer writer =
        new OutputStreamWriter(new BufferedOutputStream(pieces, BUFFER), StandardCharsets.UTF_8);
    try {
      ControlProtocol.GSON.toJson(response, writer);
    } catch (JsonIOException e) {
      // Gson wraps what the client causes, such as EPIPE.
      throw new IOException(e.getCause());
    }
    writer.write('\n');
    writer.flush();
  }

  private synchronized void extendDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
    }
    try {
      deadline = env.timer().schedule(this::expire, env.patience().toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException stopping) {
      // The server has closed the channel or is about to.
    }
  }

  /** Closing ends a blocked read or write; the interrupt ends a command that does neither. */
  private synchronized void expire() {
    LOG.debug("control: a client made no progress for {}", env.patience());
    closeChannel();
    if (task != null) {
      task.cancel(true);
    }
    // A task that was cancelled before it ran does not get to its own end.
    onClose.run();
  }

  /** Closes the connection. Idempotent. */
  void close() {
    synchronized (this) {
      if (deadline != null) {
        deadline.cancel(false);
      }
    }
    closeChannel();
    onClose.run();
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("control: {}", e.toString());
    }
  }
}
