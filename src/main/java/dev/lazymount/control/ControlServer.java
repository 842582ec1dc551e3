package dev.lazymount.control;

import dev.lazymount.control.ControlProtocol.Response;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests on a Unix socket ({@link ControlProtocol}): one request for each connection.
 *
 * <p>One thread accepts; each connection is served by a thread of a pool, with blocking reads and
 * writes ({@link ControlSession}). The bounds:
 *
 * <ul>
 *   <li>{@link #THREADS} connections are served at a time, {@link #WAITING} more wait, and any
 *       further one gets an error at once.
 *   <li>{@link #COMMANDS} commands run at a time, so that {@code status} always finds a thread
 *       while commands take long.
 *   <li>A request has {@link ControlProtocol#LONGEST_REQUEST} bytes and {@link
 *       ControlProtocol#PATIENCE} to arrive. A response that the client does not read, and a
 *       command that reports no step, end after the same time.
 * </ul>
 *
 * <p>The socket is open to root, or to one group that root chose ({@link ControlAccess}), so there
 * is no defence beyond these bounds: a client with that right which opens 256 connections and sends
 * nothing delays the others by up to {@link ControlProtocol#PATIENCE}.
 */
public final class ControlServer implements AutoCloseable {
  /** Connections served at a time. */
  static final int THREADS = 32;

  /** Connections that wait for a thread. */
  static final int WAITING = 224;

  /** Commands other than {@code status} that run at a time. */
  static final int COMMANDS = 24;

  /** Connections that wait in the kernel to be accepted. */
  private static final int BACKLOG = 128;

  private static final Duration IDLE_THREAD = Duration.ofSeconds(10);
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Path socket;
  private final ServerSocketChannel server;
  private final ControlSession.Env env;
  private final ThreadPoolExecutor pool;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();

  private ControlServer(
      Path socket,
      ServerSocketChannel server,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      Duration patience) {
    this.socket = socket;
    this.server = server;
    this.pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_THREAD.toSeconds(),
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            daemonThreads("control-worker"));
    pool.allowCoreThreadTimeOut(true);
    this.timer = new ScheduledThreadPoolExecutor(1, daemonThreads("control-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(IDLE_THREAD.toSeconds(), TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    this.env =
        new ControlSession.Env(
            status, Map.copyOf(commands), new Semaphore(COMMANDS), timer, patience);
  }

  /**
   * Starts the server.
   *
   * @param runDir where the socket is created; belongs to root with mode 0700
   * @param group whose members may connect besides root
   * @param status returns the newest status, without blocking
   * @param commands the other commands, by name
   * @throws IOException if the socket can't be created, or the group does not exist
   */
  public static ControlServer start(
      Path runDir,
      Optional<String> group,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands)
      throws IOException {
    return start(runDir, group, status, commands, ControlProtocol.PATIENCE);
  }

  /** The same for root alone. */
  public static ControlServer start(
      Path runDir, Supplier<StatusReport> status, Map<String, ControlCommand> commands)
      throws IOException {
    return start(runDir, Optional.empty(), status, commands, ControlProtocol.PATIENCE);
  }

  /** The same with a time limit that a test can wait for. */
  static ControlServer start(
      Path runDir,
      Optional<String> group,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      Duration patience)
      throws IOException {
    Path socket = socket(runDir);
    // A killed daemon leaves its socket. A live daemon holds the lock of the run directory, so it
    // can't be the owner of this one.
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
      ControlAccess.allow(runDir, socket, group);
    } catch (IOException e) {
      server.close();
      Files.deleteIfExists(socket);
      throw e;
    }
    ControlServer control = new ControlServer(socket, server, status, commands, patience);
    daemonThreads("control").newThread(control::acceptAll).start();
    return control;
  }

  /** The socket of a run directory. */
  public static Path socket(Path runDir) {
    return ControlProtocol.socket(runDir);
  }

  private static ThreadFactory daemonThreads(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  private void acceptAll() {
    boolean failing = false;
    while (server.isOpen()) {
      try {
        serve(server.accept());
        failing = false;
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        if (server.isOpen()) {
          if (!failing) {
            LOG.warn("control: can't accept a connection: {}; still retrying", e.toString());
          }
          failing = true;
          // EMFILE or EAGAIN (no more threads), for example: an immediate retry would fail again.
          LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
        }
      }
    }
  }

  private void serve(SocketChannel client) {
    clients.add(client);
    ControlSession session = new ControlSession(client, env, () -> clients.remove(client));
    try {
      session.served(pool.submit(session));
    } catch (OutOfMemoryError noThread) {
      session.close();
      throw noThread;
    } catch (RejectedExecutionException full) {
      session.refuse(
          Response.error(
              pool.isShutdown()
                  ? "the daemon is stopping"
                  : "more than " + (THREADS + WAITING) + " clients are connected; try again"));
    }
  }

  /** Stops the server, closes every connection and interrupts running commands. Idempotent. */
  @Override
  public void close() throws IOException {
    server.close();
    pool.shutdownNow();
    timer.shutdownNow();
    for (SocketChannel client : clients) {
      client.close();
    }
    Files.deleteIfExists(socket);
  }
}
