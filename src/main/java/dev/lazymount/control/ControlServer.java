package dev.lazymount.control;

import dev.lazymount.control.ControlProtocol.Response;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers questions on a Unix socket ({@link ControlProtocol}): one question, its answer, then it
 * closes.
 *
 * <p>One thread accepts, reads and writes for all clients and never waits for one of them; only a
 * complete question costs more than a buffer ({@link ControlWork}). So a client that sends too
 * much, too little, nothing or garbage, or does not read its answer, keeps nobody else waiting. It
 * is closed when nothing has come of it for {@link ControlProtocol#PATIENCE}, and earlier when
 * there are more than {@link #CLIENTS} or more than {@link #UNREAD} bytes wait to be read: then
 * whoever was idle for the longest time goes first.
 *
 * <p>Who can reach the socket is decided by {@link ControlAccess}.
 */
public final class ControlServer implements AutoCloseable {
  /** Connections at the same time. */
  static final int CLIENTS = 256;

  /** Bytes of answers that clients have not read yet; one answer alone may be longer. */
  static final long UNREAD = 8L << 20;

  /** Connections that wait in the kernel until they are accepted, which is at once. */
  private static final int BACKLOG = 128;

  /** Accepted before those that are there already have their turn again. */
  private static final int AT_ONCE = 64;

  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

  private final Duration patience;
  private final Path socket;
  private final ServerSocketChannel server;
  private final Selector selector;
  private final ControlWork work;

  /** The oldest first; used by the thread of {@link #serve} alone. */
  private final Set<ControlConnection> clients = new LinkedHashSet<>();

  private ControlServer(
      Path socket,
      ServerSocketChannel server,
      Selector selector,
      ControlWork work,
      Duration patience) {
    this.socket = socket;
    this.server = server;
    this.selector = selector;
    this.work = work;
    this.patience = patience;
  }

  /**
   * Begins to answer, for root alone.
   *
   * @param runDir where the socket is made; belongs to root with mode 0700
   * @param status gives the newest status, at once
   * @param commands what else can be asked, by name
   * @throws IOException if the socket can't be made there
   */
  public static ControlServer start(
      Path runDir, Supplier<StatusReport> status, Map<String, ControlCommand> commands)
      throws IOException {
    return start(runDir, Optional.empty(), status, commands, ControlProtocol.PATIENCE);
  }

  /** The same, also for the members of a group. */
  public static ControlServer start(
      Path runDir,
      Optional<String> group,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands)
      throws IOException {
    return start(runDir, group, status, commands, ControlProtocol.PATIENCE);
  }

  /** The same with a patience that a test can wait for. */
  static ControlServer start(
      Path runDir,
      Optional<String> group,
      Supplier<StatusReport> status,
      Map<String, ControlCommand> commands,
      Duration patience)
      throws IOException {
    Path socket = socket(runDir);
    // One that a killed daemon left; a living one would hold the lock of the run directory.
    Files.deleteIfExists(socket);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
      ControlAccess.allow(runDir, socket, group);
      server.configureBlocking(false);
      Selector selector = Selector.open();
      server.register(selector, SelectionKey.OP_ACCEPT);
      ControlServer control =
          new ControlServer(socket, server, selector, new ControlWork(status, commands), patience);
      Thread thread = new Thread(control::serve, "control");
      thread.setDaemon(true);
      thread.start();
      return control;
    } catch (IOException e) {
      server.close();
      Files.deleteIfExists(socket);
      throw e;
    }
  }

  /** Where the socket of a run directory is. */
  public static Path socket(Path runDir) {
    return ControlProtocol.socket(runDir);
  }

  @Override
  public void close() throws IOException {
    server.close();
    selector.wakeup();
    work.close();
    Files.deleteIfExists(socket);
  }

  private void serve() {
    try (selector) {
      while (server.isOpen()) {
        selector.select(this::onReady, untilNextDeadline());
        settle();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("control: nothing is answered any more, please report it", e);
    } finally {
      clients.forEach(ControlConnection::close);
      clients.clear();
    }
  }

  /** Milliseconds; 0, which is for ever, if nobody is there. */
  private long untilNextDeadline() {
    long now = System.nanoTime();
    OptionalLong soonest = clients.stream().mapToLong(client -> client.deadline() - now).min();
    return soonest.isEmpty() ? 0 : Math.max(1, soonest.getAsLong() / 1_000_000 + 1);
  }

  private void onReady(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    if (key.attachment() instanceof ControlConnection client) {
      client.onReady();
    } else {
      accept();
    }
  }

  private void accept() {
    try {
      for (int i = 0; i < AT_ONCE; i++) {
        SocketChannel client = server.accept();
        if (client == null) {
          return;
        }
        client.configureBlocking(false);
        clients.add(new ControlConnection(client, selector, this::ask, patience));
        dropOne(() -> clients.size() > CLIENTS);
      }
    } catch (IOException e) {
      if (server.isOpen()) {
        LOG.debug("control: {}", e.getMessage());
        // Too many open files, say: it would fail again at once.
        dropOne(() -> true);
        LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
      }
    }
  }

  private void ask(ControlConnection client, String line) {
    if (!work.ask(client, line)) {
      client.answer(Response.error("the daemon is ending"));
    }
  }

  /** Writes what has become ready meanwhile, and takes away who is done or late. */
  private void settle() {
    long now = System.nanoTime();
    clients.forEach(client -> client.settle(now));
    clients.removeIf(ControlConnection::isClosed);
    while (unread() > UNREAD
        && clients.stream().filter(client -> client.unread() > 0).count() > 1) {
      drop(client -> client.unread() > 0);
    }
  }

  private long unread() {
    return clients.stream().mapToLong(ControlConnection::unread).sum();
  }

  /** Those that were asked nothing yet go first, then those that do not read their answer. */
  private void dropOne(BooleanSupplier tooMany) {
    List<Predicate<ControlConnection>> order =
        List.of(client -> !client.hasAsked(), client -> client.unread() > 0, client -> true);
    for (Predicate<ControlConnection> which : order) {
      if (tooMany.getAsBoolean()) {
        drop(which);
      }
    }
  }

  /** Of these, the one that nothing has come of for the longest time. */
  private void drop(Predicate<ControlConnection> which) {
    clients.stream()
        .filter(which)
        .min(Comparator.comparingLong(client -> client.deadline() - System.nanoTime()))
        .ifPresent(
            client -> {
              client.close();
              clients.remove(client);
            });
  }
}
