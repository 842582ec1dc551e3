package dev.lazymount.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves HTTP on one thread, that of {@link #run}. There are at most {@link #CONNECTIONS}
 * connections; for one more, the one that came first is closed, so that a crowd of idle clients
 * keeps nobody out.
 */
final class HttpServer implements AutoCloseable {
  /** The most connections: a quarter of the unit's LimitNOFILE=. */
  static final int CONNECTIONS = 1024;

  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  /** As many as the kernel queues for us. */
  private static final int BACKLOG = 128;

  /**
   * What the kernel keeps for a client that does not read, bytes. By itself it would take megabytes
   * for each, which count against the unit's MemoryMax=.
   */
  private static final int SEND_BUFFER = 64 * 1024;

  /** How often deadlines are looked at, and {@code tick} is run. */
  private static final Duration TICK = Duration.ofSeconds(1);

  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private final InetAddress address;
  private final ServerSocketChannel server;
  private final Selector selector;
  private final Function<HttpRequest, HttpResponse> resources;
  private final Runnable tick;
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(HttpRequest.LONGEST);

  /** By age, the oldest first. */
  private final Map<SelectionKey, Connection> connections = new LinkedHashMap<>();

  private volatile boolean closed;

  private HttpServer(
      InetAddress address,
      ServerSocketChannel server,
      Selector selector,
      Function<HttpRequest, HttpResponse> resources,
      Runnable tick) {
    this.address = address;
    this.server = server;
    this.selector = selector;
    this.resources = resources;
    this.tick = tick;
  }

  /**
   * Listens; {@link #run} serves.
   *
   * @param address where
   * @param resources answers a request at once, on the server's thread
   * @param tick is run about once a second, on the server's thread
   * @throws IOException if it can't be listened there: EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  static HttpServer listen(
      InetSocketAddress address, Function<HttpRequest, HttpResponse> resources, Runnable tick)
      throws IOException {
    Selector selector = Selector.open();
    ServerSocketChannel server = null;
    try {
      server = ServerSocketChannel.open();
      // A restart does not wait for the old connections to time out.
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(address, BACKLOG);
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT);
      return new HttpServer(address.getAddress(), server, selector, resources, tick);
    } catch (IOException e) {
      selector.close();
      if (server != null) {
        server.close();
      }
      throw e;
    }
  }

  /** Where it listens; the port is the real one, if any was asked for (0). */
  InetSocketAddress address() {
    return new InetSocketAddress(address, server.socket().getLocalPort());
  }

  /** An address as it stands in a URL: {@code 127.0.0.1:9723}, {@code [::1]:9723}. */
  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /**
   * Serves until it is closed, and then closes all there is.
   *
   * @throws IOException if the selector fails
   */
  void run() throws IOException {
    try {
      long ticked = System.nanoTime();
      while (!closed) {
        selector.select(TICK.toMillis());
        long now = System.nanoTime();
        serve(now);
        if (now - ticked >= TICK.toNanos()) {
          ticked = now;
          closeLate(now);
          tick.run();
        }
      }
    } finally {
      connections.values().forEach(Connection::close);
      server.close();
      selector.close();
    }
  }

  private void serve(long now) {
    boolean newcomers = false;
    for (SelectionKey key : selector.selectedKeys()) {
      Connection connection = connections.get(key);
      if (connection != null) {
        proceed(key, connection, now);
      } else {
        newcomers = newcomers || key.channel() == server;
      }
    }
    selector.selectedKeys().clear();
    if (newcomers) {
      accept(now);
    }
  }

  private void proceed(SelectionKey key, Connection connection, long now) {
    boolean open = false;
    try {
      open = key.isValid() && connection.proceed(key, scratch, now);
    } catch (IOException | RuntimeException e) {
      LOG.debug("web: {}", e.toString());
    } finally {
      if (!open) {
        connections.remove(key);
        connection.close();
      }
    }
  }

  /** As many as fit in the kernel's queue, and then it is the others' turn again. */
  private void accept(long now) {
    try {
      for (int i = 0; i < BACKLOG; i++) {
        SocketChannel channel = server.accept();
        if (channel == null) {
          return;
        }
        admit(channel, now);
      }
    } catch (IOException e) {
      // EMFILE, say. It would fail again at once.
      LOG.debug("web: {}", e.getMessage());
      closeOldest();
      LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
    }
  }

  private void admit(SocketChannel channel, long now) throws IOException {
    if (connections.size() >= CONNECTIONS) {
      closeOldest();
    }
    Connection connection = new Connection(channel, resources, now);
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
      // An answer is written whole; nothing is gained by waiting for more.
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      connections.put(channel.register(selector, SelectionKey.OP_READ), connection);
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  private void closeOldest() {
    Iterator<Connection> oldest = connections.values().iterator();
    if (oldest.hasNext()) {
      oldest.next().close();
      oldest.remove();
    }
  }

  private void closeLate(long now) {
    for (Iterator<Connection> each = connections.values().iterator(); each.hasNext(); ) {
      Connection connection = each.next();
      if (connection.isLate(now)) {
        connection.close();
        each.remove();
      }
    }
  }

  /** Ends {@link #run}; any thread. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
  }
}
