package dev.lazymount.web;

import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import dev.lazymount.support.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Bytes on the HTTP port: one of the responses that the service has, or the end. */
public final class HttpRequestFuzz {
  private static final Set<Integer> STATUS =
      Set.of(0, 100, 200, 304, 400, 404, 405, 408, 413, 414, 421, 431, 500, 501, 503, 505);

  private static WebService service;
  private static RawHttp client;

  private HttpRequestFuzz() {}

  private static void start() {
    DaemonStatus status = new DaemonStatus();
    status.state(DaemonState.READY);
    service =
        WebService.start(
            new WebService.Env(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of("node7.example.org"),
                status,
                () -> StatusReport.of(status, "/ce", Instant.now()),
                Optional.of(path -> "explained"),
                Optional.of(() -> "learned"),
                "1.2.3"));
    client = new RawHttp(dev.lazymount.kernel.Await.value("it listens", service::address));
  }

  /** All that a client sends before it closes. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (service == null) {
      start();
    }
    try {
      RawHttp.Answer answer = client.send(data);
      if (!STATUS.contains(answer.status())) {
        throw new AssertionError("status " + answer.status());
      }
      if (answer.status() == 500) {
        throw new AssertionError("internal error: " + answer.text());
      }
    } catch (java.net.SocketException reset) {
      // The server has closed with bytes unread.
    }
  }

  /** Ends the server. */
  static void stop() {
    if (service != null) {
      service.close();
      service = null;
    }
  }
}
