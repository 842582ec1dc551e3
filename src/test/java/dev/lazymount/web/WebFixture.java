package dev.lazymount.web;

import dev.lazymount.kernel.Await;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import dev.lazymount.support.RawHttp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;

/** A WebService on a free port, over a status that the test writes. */
abstract class WebFixture {
  final DaemonStatus status = new DaemonStatus();
  Supplier<StatusReport> report = () -> rooted("/ce");
  Optional<Function<String, ?>> explain = Optional.empty();
  private WebService service;

  RawHttp start() {
    status.state(DaemonState.READY);
    service = WebService.start(env(0));
    return new RawHttp(address());
  }

  /** A status with this root, which may be any text. */
  StatusReport rooted(String root) {
    return StatusReport.of(status, root, Instant.now());
  }

  InetSocketAddress address() {
    return Await.value("it listens", service::address);
  }

  WebService.Env env(int port) {
    return new WebService.Env(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        List.of("node7.example.org"),
        status,
        () -> report.get(),
        explain,
        Optional.of(() -> "# learned\n"),
        "1.2.3");
  }

  static final Duration RETRY = Duration.ofMillis(20);

  @AfterEach
  void close() {
    if (service != null) {
      service.close();
    }
  }
}
