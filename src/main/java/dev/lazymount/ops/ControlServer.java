package dev.lazymount.ops;

import com.google.gson.JsonParseException;
import dev.lazymount.ops.ControlProtocol.Request;
import dev.lazymount.ops.ControlProtocol.Response;
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
import java.util.Map;
import java.util.TreeSet;
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
 * Answers questions on a Unix socket ({@link ControlProtocol}): one question, its answer, then it
 * closes.
 *
 * <p>Only root can reach the socket: it has mode 0600 and lies in a directory of mode 0700. A
 * client that sends too much, too little, nothing or garbage costs one of a few threads for a
 * bounded time: its connection is closed when nothing has come of it for {@link
 * ControlProtocol#PATIENCE}, whatever it is doing.
 */
public final class ControlServer implements AutoCloseable {
  private static final int CLIENTS = 8;
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);
  private static final String STATUS = "status";

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Duration patience;
  private final Path socket;
  private final Supplier<StatusReport> status;
  private final Map<String, ControlCommand> commands;
  private final ServerSocketChannel server;
  private final Semaphore free = new Semaphore(CLIENTS);
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor reaper = new ScheduledThreadPoolExecutor(1, daemon());

  private ControlServer(
      Path socket,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      ServerSocketChannel server,
      Duration patience) {
    this.patience = patience;
    this.socket = socket;
    this.status = status;
    this.commands = Map.copyOf(commands);
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
   * @param commands what else can be asked, by name
   * @throws IOException if the socket can't be made there
   */
  public static ControlServer start(
      Path runDir, Supplier<StatusReport> status, Map<String, ControlCommand> commands)
      throws IOException {
    return start(runDir, status, commands, ControlProtocol.PATIENCE);
  }

  /** The same with a patience that a test can wait for. */
  static ControlServer start(
      Path runDir,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      Duration patience)
      throws IOException {
    Path socket = socket(runDir);
    // One that a killed daemon left; a living one would hold the lock of the run directory.
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    ControlServer control = new ControlServer(socket, status, commands, server, patience);
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
      Deadline deadline = new Deadline(client);
      workers.execute(() -> serve(client, deadline));
    } catch (RejectedExecutionException closed) {
      close(client);
    }
  }

  private void serve(SocketChannel client, Deadline deadline) {
    deadline.of(Thread.currentThread());
    try {
      write(client, answer(read(client), client, deadline));
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
    } catch (InterruptedException e) {
      LOG.debug("control: a command took too long without a step");
    } catch (RuntimeException e) {
      LOG.error("control: a fault of ours, please report it; the question stays unanswered", e);
    } finally {
      deadline.cancel();
      close(client);
      free.release();
    }
  }

  private Response answer(String line, SocketChannel client, Deadline deadline)
      throws IOException, InterruptedException {
    try {
      Request request = ControlProtocol.GSON.fromJson(line, Request.class);
      String name = request == null || request.command() == null ? "" : request.command();
      if (name.equals(STATUS)) {
        return Response.status(status.get());
      }
      ControlCommand command = commands.get(name);
      return command == null ? unknown() : run(command, request, client, deadline);
    } catch (JsonParseException e) {
      return Response.error("not a request: one line of JSON is expected");
    }
  }

  private Response unknown() {
    TreeSet<String> known = new TreeSet<>(commands.keySet());
    known.add(STATUS);
    return Response.error("unknown command; there is: " + String.join(", ", known));
  }

  private static Response run(
      ControlCommand command, Request request, SocketChannel client, Deadline deadline)
      throws IOException, InterruptedException {
    try {
      deadline.extend();
      Object answer =
          command.answer(
              request.givenArguments(),
              step -> {
                write(client, Response.result(ControlProtocol.GSON.toJsonTree(step), true));
                deadline.extend();
              });
      return Response.result(ControlProtocol.GSON.toJsonTree(answer), false);
    } catch (ControlRefusal e) {
      return Response.error(e.getMessage());
    }
  }

  private static String read(SocketChannel client) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(ControlProtocol.LONGEST_REQUEST);
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
        ByteBuffer.wrap(
            (ControlProtocol.GSON.toJson(response) + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  /** Closes a client of which nothing came for too long, and wakes the thread that serves it. */
  private final class Deadline {
    private final SocketChannel client;
    private ScheduledFuture<?> next;
    private Thread worker;

    private Deadline(SocketChannel client) {
      this.client = client;
      extend();
    }

    private synchronized void of(Thread thread) {
      worker = thread;
    }

    private synchronized void extend() {
      if (next != null) {
        next.cancel(false);
      }
      next = reaper.schedule(this::pass, patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private synchronized void cancel() {
      next.cancel(false);
      worker = null;
      // One that came in the last moment is not for the next client.
      Thread.interrupted();
    }

    private synchronized void pass() {
      close(client);
      if (worker != null) {
        worker.interrupt();
      }
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
