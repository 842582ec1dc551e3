package dev.lazymount.web;

import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves metrics and the status page, from the moment the daemon is ready: loading them does not
 * delay that. If the port is in use, the daemon goes on without, and this service retries.
 */
public final class WebService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebService.class);

  /** A daemon that is not ready by then has problems that the page should show. */
  private static final Duration START = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(5);

  /**
   * Where and what to serve.
   *
   * @param address where to listen
   * @param hosts host names that a request may ask for, besides {@code localhost} and addresses
   * @param status the source of the metrics
   * @param report returns the newest status, without blocking
   * @param explain explains a name or a path, without blocking; Gson writes its result. Empty if
   *     there is nothing that can explain
   * @param learned what this host has learned, as text; read from the local disk. Empty if it can't
   *     be given
   * @param version of this build
   */
  public record Env(
      InetSocketAddress address,
      List<String> hosts,
      DaemonStatus status,
      Supplier<StatusReport> report,
      Optional<Function<String, ?>> explain,
      Optional<Supplier<String>> learned,
      String version) {}

  private final Env env;
  private final Duration retry;
  private final Thread thread = new Thread(this::run, "web-start");
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile InetSocketAddress listening;

  private WebService(Env env, Duration retry) {
    this.env = env;
    this.retry = retry;
    thread.setDaemon(true);
  }

  /** Makes every response once, without a socket: loads the classes for the class archive. */
  public static void rehearse(Env env) {
    LOG.debug("made {} pages", new Resources(env).all().size());
  }

  /** Starts the service; returns at once. */
  public static WebService start(Env env) {
    return start(env, RETRY);
  }

  /** The same with a pause between attempts that a test can wait for. */
  static WebService start(Env env, Duration retry) {
    WebService service = new WebService(env, retry);
    service.thread.start();
    return service;
  }

  /** Where it listens; empty while it does not. */
  Optional<InetSocketAddress> address() {
    return Optional.ofNullable(listening);
  }

  private void run() {
    try {
      env.status().awaitStart(START);
      Resources resources = new Resources(env);
      boolean failing = false;
      do {
        try (WebServer server = WebServer.start(env.address(), env.hosts(), resources)) {
          listening = server.address();
          LOG.info("metrics and status page: http://{}/", text(server.address()));
          end.await();
        } catch (IOException | RuntimeException e) {
          if (!failing) {
            LOG.warn(
                "metrics and status page: can't listen on {}: {}; retrying every {} s",
                text(env.address()),
                e.getMessage(),
                retry.toSeconds());
          }
          failing = true;
        } finally {
          listening = null;
        }
      } while (!end.await(retry.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LinkageError e) {
      LOG.error("metrics and status page: not available: {}", e.toString());
    }
  }

  /** An address as in a URL: {@code 127.0.0.1:9723}, {@code [::1]:9723}. */
  private static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /** Stops serving; returns at once. */
  @Override
  public void close() {
    end.countDown();
  }
}
