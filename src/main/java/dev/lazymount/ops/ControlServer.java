package dev.lazymount.ops;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers questions on a Unix socket: one line of JSON in, one line of JSON out, then it closes.
 *
 * <p>Only root can reach the socket: it has mode 0600 and lies in a directory of mode 0700. A
 * client that sends too much, too little, nothing or garbage costs one of a few threads for a
 * bounded time: its connection is closed after {@link #PATIENCE}, whatever it is doing.
 */
public final class ControlServer implements AutoCloseable {
  /** The version of the protocol, in every answer. */
  public static final int PROTOCOL = 1;

  static final Duration PATIENCE = Duration.ofSeconds(5);
  static final int LONGEST_REQUEST = 4096;
  private static final int CLIENTS = 8;
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  /**
   * A question.
   *
   * @param command what is asked, such as {@code status}
   */
  public record Request(String command) {}

  /**
   * An answer.
   *
   * @param protocol the version of the protocol
   * @param error what was wrong with the question; null if nothing was
   * @param status the status; null if there was an error
   */
  public record Response(int protocol, String error, StatusReport status) {}

  private final Duration patience;
  private final Path socket;
  private final Supplier<StatusReport> status;
  private final ServerSocketChannel server;
  private final Semaphore free = new Semaphore(CLIENTS);
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor reaper = new ScheduledThreadPoolExecutor(1, daemon());

  private ControlServer(
      Path socket, Supplier<StatusReport> status, ServerSocketChannel server, Duration patience) {
    this.patience = patience;
    this.socket = socket;
    this.status = status;
    this.server = server;
    // Who is let in before the last one's thread is free again waits in the queue for a moment.
    this.workers =
        new ThreadPoolExecutor(
            CLIENTS, CLIENTS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemon());
    workers.allowCoreThreadTimeOut(true);
    reaper.setRemoveOnCancelPolicy(true);
  }

  /**
   * Begins to answer.
   *
   * @param runDir where the socket is made; belongs to root with mode 0700
   * @param status gives the newest status, at once
   * @throws IOException if the socket can't be made there
   */
  public static ControlServer start(Path runDir, Supplier<StatusReport> status) throws IOException {
    return start(runDir, status, PATIENCE);
  }

  /** The same with a patience that a test can wait for. */
  static ControlServer start(Path runDir, Supplier<StatusReport> status, Duration patience)
      throws IOException {
    Path socket = socket(runDir);
    // One that a killed daemon left; a living one would hold the lock of the run directory.
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    ControlServer control = new ControlServer(socket, status, server, patience);
    Thread accept = new Thread(control::accept, "control");
    accept.setDaemon(true);
    accept.start();
    return control;
  }

  /** Where the socket of a run directory is. */
  public static Path socket(Path runDir) {
    return runDir.resolve("control.sock");
  }

  @Override
  public void close() throws IOException {
    server.close();
    workers.shutdownNow();
    reaper.shutdownNow();
    Files.deleteIfExists(socket);
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        // Beyond so many clients the next ones wait in the kernel's queue.
        free.acquire();
        serve(server.accept());
      } catch (IOException e) {
        free.release();
        if (server.isOpen()) {
          LOG.debug("control: {}", e.getMessage());
          // Too many open files, say: it would fail again at once.
          LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try {
      ScheduledFuture<?> deadline =
          reaper.schedule(() -> close(client), patience.toMillis(), TimeUnit.MILLISECONDS);
      workers.execute(() -> serve(client, deadline));
    } catch (RejectedExecutionException closed) {
      close(client);
    }
  }

  private void serve(SocketChannel client, ScheduledFuture<?> deadline) {
    try {
      write(client, answer(read(client)));
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
    } finally {
      deadline.cancel(false);
      close(client);
      free.release();
    }
  }

  private Response answer(String line) {
    try {
      Request request = GSON.fromJson(line, Request.class);
      if (request != null && "status".equals(request.command())) {
        return new Response(PROTOCOL, null, status.get());
      }
      return new Response(PROTOCOL, "unknown command; there is: status", null);
    } catch (JsonParseException e) {
      return new Response(PROTOCOL, "not a request: one line of JSON is expected", null);
    }
  }

  private static String read(SocketChannel client) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(LONGEST_REQUEST);
    while (buffer.hasRemaining() && client.read(buffer) >= 0) {
      int last = buffer.position() - 1;
      if (last >= 0 && buffer.get(last) == '\n') {
        break;
      }
    }
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  private static void write(SocketChannel client, Response response) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap((GSON.toJson(response) + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  private static void close(SocketChannel client) {
    try {
      client.close();
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
    }
  }

  private static java.util.concurrent.ThreadFactory daemon() {
    return run -> {
      Thread thread = new Thread(run, "control-worker");
      thread.setDaemon(true);
      return thread;
    };
  }
}
