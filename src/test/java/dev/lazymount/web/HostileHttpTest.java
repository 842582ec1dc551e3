package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.status.StatusReport;
import dev.lazymount.support.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow, wrong or many; others are served within the bounds of WebServer. */
class HostileHttpTest extends WebFixture {
  private static final String REQUEST = "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n";

  /** The server checks its time limits once per second. */
  private static final int CLOCK_SECONDS = 1;

  private final List<Socket> crowd = new ArrayList<>();

  @AfterEach
  void disperse() throws IOException {
    for (Socket socket : crowd) {
      socket.close();
    }
  }

  private Socket connect(RawHttp http, String sends) throws IOException {
    Socket socket = http.connect();
    crowd.add(socket);
    socket.getOutputStream().write(sends.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void assertServes(RawHttp http) throws IOException {
    assertEquals(200, http.get("/api/status").status());
  }

  private static void assertServesWithin(RawHttp http, int seconds) throws IOException {
    long start = System.nanoTime();
    assertServes(http);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.toSeconds() <= seconds, took::toString);
  }

  private static void assertCloses(Socket socket) throws IOException {
    try {
      assertEquals(-1, socket.getInputStream().read());
    } catch (SocketException reset) {
      // Also closed.
    }
  }

  @Test
  void idleConnectionsDelayNothing() throws IOException {
    RawHttp http = start();
    for (int i = 0; i < WebServer.CONNECTIONS - 1; i++) {
      connect(http, "");
    }
    assertServesWithin(http, WebServer.REQUEST_SECONDS);
  }

  @Test
  void connectionsAreBoundedAndIdleOnesClosed() throws IOException {
    RawHttp http = start();
    for (int i = 0; i < WebServer.CONNECTIONS; i++) {
      connect(http, "");
    }
    Socket beyond = http.connect();
    crowd.add(beyond);
    assertCloses(beyond);
    assertCloses(crowd.get(0));
    Await.until("it serves again", () -> http.get("/api/status").status() == 200);
  }

  @Test
  void slowRequestIsClosed() throws IOException {
    RawHttp http = start();
    Socket dripping = connect(http, "GET / HT");
    long start = System.nanoTime();
    assertCloses(dripping);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.toSeconds() <= WebServer.REQUEST_SECONDS + 2 * CLOCK_SECONDS, took::toString);
  }

  @Test
  void slowRequestsBelowTheBoundDelayNothing() throws IOException {
    RawHttp http = start();
    for (int i = 0; i < WebServer.THREADS - 2; i++) {
      connect(http, "GET / HT");
    }
    assertServesWithin(http, WebServer.REQUEST_SECONDS - CLOCK_SECONDS);
  }

  @Test
  void slowRequestsDelayOthersByTheStatedBound() throws IOException {
    RawHttp http = start();
    int rounds = 3;
    for (int i = 0; i < rounds * WebServer.THREADS; i++) {
      connect(http, "GET / HT");
    }
    assertServesWithin(http, rounds * (WebServer.REQUEST_SECONDS + CLOCK_SECONDS) + 1);
  }

  @Test
  void clientsThatDoNotReadAreClosed() throws IOException {
    StatusReport huge = rooted("x".repeat(8 << 20));
    report = () -> huge;
    RawHttp http = start();
    for (int i = 0; i < WebServer.THREADS - 2; i++) {
      connect(http, REQUEST);
    }
    assertServes(http);
    Await.until(
        "they are closed",
        Duration.ofSeconds(4 * WebServer.RESPONSE_SECONDS),
        () -> crowd.stream().allMatch(HostileHttpTest::isReset));
    assertServes(http);
  }

  private static boolean isReset(Socket socket) {
    try {
      socket.getOutputStream().write(' ');
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nx: a"})
  void endlessRequestIsNotRead(String beginning) throws IOException {
    RawHttp http = start();
    Socket endless = connect(http, beginning);
    byte[] piece =
        (beginning.isBlank() ? "\r\n" : "aa").repeat(1 << 19).getBytes(StandardCharsets.US_ASCII);
    assertThrows(
        IOException.class,
        () -> {
          while (true) {
            endless.getOutputStream().write(piece);
          }
        });
    assertServes(http);
  }

  /** Quadratic time would hold the threads for minutes. */
  @Test
  void longHostileHeadersCostLinearTime() throws IOException {
    RawHttp http = start();
    String blanks = " ".repeat(WebServer.HEADER_BYTES - 500);
    String digits = "1".repeat(WebServer.HEADER_BYTES - 500);
    long start = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      http.send("GET / HTTP/1.1\r\nHost: localhost\r\nx:" + blanks + "\u0001\r\n\r\n");
      http.get("/", "Accept-Encoding: gzip;q=0." + digits + "x");
      http.get("/", "Accept-Encoding: gzip" + blanks + "x");
      http.send("GET / HTTP/1.1\r\nHost: " + digits + "/\r\n\r\n");
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.toSeconds() < 30, took::toString);
  }
}
