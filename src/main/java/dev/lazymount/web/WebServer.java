package dev.lazymount.web;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The JDK's HTTP server with a bounded pool and time limits, one request for each connection. Any
 * local user may connect. The bounds:
 *
 * <ul>
 *   <li>At most {@link #CONNECTIONS} connections; a further one is closed at once. A connection
 *       that sends nothing needs no thread, and is closed after {@link #REQUEST_SECONDS}.
 *   <li>At most {@link #THREADS} requests are read or answered at a time. A client that sends its
 *       request slowly holds a thread for {@link #REQUEST_SECONDS}, one that does not read a long
 *       response for {@link #RESPONSE_SECONDS}; the server checks once per second. So {@code n}
 *       slow clients delay a scrape by at most {@code n / 64} times 3 s, or 6 s if they do not
 *       read: up to 190 slow requests at a time do not cost a scrape with Prometheus' time-out of
 *       10 s.
 *   <li>A request line with its headers has at most {@link #HEADER_BYTES}.
 * </ul>
 *
 * <p>A local user who opens connections without end can keep the page and the metrics away, but
 * takes no more than this from the daemon, and delays no mount.
 */
final class WebServer implements AutoCloseable {
  /** A quarter of LimitNOFILE= of the unit. */
  static final int CONNECTIONS = 1024;

  static final int THREADS = 64;
  static final int REQUEST_SECONDS = 2;
  static final int RESPONSE_SECONDS = 5;
  static final int HEADER_BYTES = 16 * 1024;

  private static final int BACKLOG = 128;
  private static final int IDLE_THREAD_SECONDS = 10;

  static {
    // The JDK reads these once, when its first server is created. A value from the command line
    // wins.
    Map.of(
            "jdk.httpserver.maxConnections", CONNECTIONS,
            "sun.net.httpserver.maxReqTime", REQUEST_SECONDS,
            "sun.net.httpserver.maxRspTime", RESPONSE_SECONDS,
            "sun.net.httpserver.idleInterval", REQUEST_SECONDS,
            "sun.net.httpserver.clockTick", 1000,
            "sun.net.httpserver.maxReqHeaderSize", HEADER_BYTES)
        .forEach(
            (name, value) -> {
              if (System.getProperty(name) == null) {
                System.setProperty(name, value.toString());
              }
            });
  }

  private final HttpServer server;
  private final ThreadPoolExecutor pool;

  private WebServer(HttpServer server, ThreadPoolExecutor pool) {
    this.server = server;
    this.pool = pool;
  }

  /**
   * Listens and serves.
   *
   * @param hosts names that a request may ask for, besides localhost and addresses
   * @param handler answers every path, on a thread of the pool
   * @throws IOException if the address can't be used: EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  static WebServer start(InetSocketAddress address, List<String> hosts, HttpHandler handler)
      throws IOException {
    HttpServer server = HttpServer.create(address, BACKLOG);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            1,
            THREADS,
            IDLE_THREAD_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "web");
              thread.setDaemon(true);
              return thread;
            },
            WebServer::waitForThread);
    server.setExecutor(pool);
    HttpContext all = server.createContext("/", handler);
    all.getFilters().add(new RequestFilter(hosts));
    server.start();
    return new WebServer(server, pool);
  }

  /**
   * Blocks the server's own thread until a thread is free, as the exporter of Prometheus does:
   * further requests wait in the kernel. The time limits of the running ones end the wait.
   */
  private static void waitForThread(Runnable request, ThreadPoolExecutor pool) {
    try {
      do {
        if (pool.isShutdown()) {
          throw new RejectedExecutionException("the server is stopping");
        }
      } while (!pool.getQueue().offer(request, 1, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException(e);
    }
  }

  /** The address it listens on, with the real port if 0 was asked for. */
  InetSocketAddress address() {
    return server.getAddress();
  }

  /** Closes the port and every connection. */
  @Override
  public void close() {
    pool.shutdownNow();
    server.stop(0);
  }
}
