package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.support.RawHttp;
import dev.lazymount.support.RawHttp.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that are wrong, slow or many; each time somebody else is served. */
class HostileHttpTest extends WebFixture {
  private final List<Socket> crowd = new ArrayList<>();

  @AfterEach
  void disperse() throws IOException {
    for (Socket socket : crowd) {
      socket.close();
    }
  }

  private static void assertServes(RawHttp http) throws IOException {
    Answer answer = http.get("/api/status");
    assertEquals(200, answer.status());
  }

  private static void assertEnded(Socket socket) throws IOException {
    try {
      assertEquals(-1, socket.getInputStream().read());
    } catch (java.net.SocketException reset) {
      // Also an end.
    }
  }

  @Test
  void aThousandIdleConnectionsKeepNobodyOut() throws IOException {
    RawHttp http = start();
    for (int i = 0; i < 1000; i++) {
      crowd.add(http.connect());
    }
    assertServes(http);
  }

  @Test
  void beyondTheBoundWhoCameFirstGoesFirst() throws IOException {
    RawHttp http = start();
    for (int i = 0; i < HttpServer.CONNECTIONS + 100; i++) {
      crowd.add(http.connect());
    }
    assertServes(http);
    for (int i = 0; i < 100; i++) {
      assertEnded(crowd.get(i));
    }
  }

  @Test
  void whoSendsNothingIsClosedInTime() throws IOException {
    RawHttp http = start();
    Socket idle = http.connect();
    crowd.add(idle);
    Socket dripping = http.connect();
    crowd.add(dripping);
    dripping.getOutputStream().write("GET / HT".getBytes(StandardCharsets.US_ASCII));
    long start = System.nanoTime();
    assertEnded(idle);
    assertEnded(dripping);
    long took = System.nanoTime() - start;
    assertTrue(took < 2 * Connection.ASKING.toNanos(), took + " ns");
  }

  @Test
  void whoDoesNotReadHoldsUpNobodyAndIsClosedInTime() throws IOException {
    report = () -> Map.of("large", "x".repeat(8 << 20));
    RawHttp http = start();
    for (int i = 0; i < 50; i++) {
      Socket slow = http.connect();
      crowd.add(slow);
      slow.getOutputStream()
          .write(
              "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
    }
    assertServes(http);
    Await.until(
        "they are closed",
        Connection.ANSWERING.multipliedBy(2),
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

  @Test
  void aRequestWithoutEndIsRefusedAndNotRead() throws IOException {
    RawHttp http = start();
    try (Socket endless = http.connect()) {
      byte[] piece = "a".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
      int sent = 0;
      try {
        for (; sent < 1000; sent++) {
          endless.getOutputStream().write(piece);
        }
      } catch (IOException closed) {
        // As it should be.
      }
      assertTrue(sent < 1000, sent + " MiB were taken");
    }
    Answer answer = http.send("GET / HTTP/1.1\r\nHost: h\r\nx: " + "a".repeat(HttpRequest.LONGEST));
    assertEquals(431, answer.status());
    assertServes(http);
  }
}
