package dev.lazymount.web;

import dev.lazymount.status.DaemonStatus;
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
 * Metrics and status page, on a thread of their own that starts when the daemon is ready: nothing
 * of them is on the way to that. A port that can't be had is logged once and tried again; the
 * daemon goes on without.
 */
public final class WebService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebService.class);

  /** A daemon that is not ready by then has something to tell that should be seen. */
  private static final Duration START = Duration.ofSeconds(5);

  private static final Duration AGAIN = Duration.ofSeconds(5);

  /**
   * What it works with.
   *
   * @param address where to listen
   * @param hosts names by which this machine may be asked, besides {@code localhost} and addresses
   * @param status what is told
   * @param report the shape of {@code status --json}, made at once; any object that Gson can write
   * @param explain from a name or a path to why it is or is not mounted, made at once; any object
   *     that Gson can write; empty if that can't be asked
   * @param version of this build
   */
  public record Env(
      InetSocketAddress address,
      List<String> hosts,
      DaemonStatus status,
      Supplier<?> report,
      Optional<Function<String, ?>> explain,
      String version) {}

  private final Env env;
  private final Duration again;
  private final Thread thread = new Thread(this::run, "web");
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile HttpServer server;

  private WebService(Env env, Duration again) {
    this.env = env;
    this.again = again;
    thread.setDaemon(true);
  }

  /**
   * Makes every answer once, without a socket: loads what is needed for that, for the class
   * archive.
   */
  public static void rehearse(Env env) {
    Resources resources =
        new Resources(env, new History(env.status().counters(), System::nanoTime));
    for (String path : List.of("/", "/metrics", "/api/status", "/api/history")) {
      resources.apply(new HttpRequest(false, path, "", "localhost", true));
    }
    resources.tick();
  }

  /** Starts it; returns at once. */
  public static WebService start(Env env) {
    return start(env, AGAIN);
  }

  /** The same with a pause that a test can wait for. */
  static WebService start(Env env, Duration again) {
    WebService service = new WebService(env, again);
    service.thread.start();
    return service;
  }

  /** Where it listens; empty while it does not. */
  Optional<InetSocketAddress> address() {
    HttpServer now = server;
    return now == null ? Optional.empty() : Optional.of(now.address());
  }

  private void run() {
    try {
      env.status().awaitStart(START);
      Resources resources =
          new Resources(env, new History(env.status().counters(), System::nanoTime));
      String problem = "";
      while (end.getCount() > 0) {
        try (HttpServer now = HttpServer.listen(env.address(), resources, resources::tick)) {
          server = now;
          problem = "";
          LOG.info("metrics and status page: http://{}/", HttpServer.text(now.address()));
          if (end.getCount() > 0) {
            now.run();
          }
        } catch (IOException | RuntimeException e) {
          server = null;
          problem = tell(problem, e);
        }
        if (end.await(again.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LinkageError e) {
      LOG.error("metrics and status page: they have ended: {}", e.toString());
    }
  }

  /** The same problem is told once. */
  private String tell(String last, Exception e) {
    String problem = String.valueOf(e.getMessage());
    if (!problem.equals(last)) {
      LOG.warn(
          "metrics and status page: can't listen on {}: {}; tried again every {} s; all else goes"
              + " on without them",
          HttpServer.text(env.address()),
          problem,
          again.toSeconds());
    }
    return problem;
  }

  @Override
  public void close() {
    end.countDown();
    HttpServer now = server;
    if (now != null) {
      now.close();
    }
  }
}
