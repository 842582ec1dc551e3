package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.status.DaemonState;
import dev.lazymount.support.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WebServiceTest extends WebFixture {
  @Test
  void takenPortIsRetriedUntilFree() throws IOException {
    status.state(DaemonState.READY);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      try (WebService service = WebService.start(env(port), RETRY)) {
        assertTrue(service.address().isEmpty());
        taken.close();
        Await.until("it listens", () -> service.address().isPresent());
        InetSocketAddress address = service.address().orElseThrow();
        assertEquals(port, address.getPort());
        assertEquals(200, new RawHttp(address).get("/").status());
      }
    }
  }

  @Test
  void startsWhenTheDaemonIsReady() throws Exception {
    try (WebService service = WebService.start(env(0), RETRY)) {
      assertFalse(status.awaitStart(Duration.ofMillis(50)));
      assertTrue(service.address().isEmpty());
      status.state(DaemonState.READY);
      Await.until("it listens", () -> service.address().isPresent());
    }
  }

  @Test
  void servesADaemonThatStaysStarting() throws IOException {
    try (WebService service = WebService.start(env(0), RETRY)) {
      InetSocketAddress address = Await.value("it listens", service::address);
      String metrics = new RawHttp(address).get("/metrics").text();
      assertTrue(metrics.contains("lazymount_state{state=\"starting\"} 1"), metrics);
    }
  }

  @Test
  void closedServiceRefusesConnections() throws IOException {
    RawHttp http = start();
    assertEquals(200, http.get("/").status());
    close();
    Await.until(
        "connections are refused",
        () -> {
          try {
            http.connect().close();
            return false;
          } catch (IOException refused) {
            return true;
          }
        });
  }
}
