package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.control.ControlServer;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of the control socket at their worst; the daemon mounts and answers as before. */
class HostileClientsIT {
  /** Less than a client is waited for: who is answered sooner has not waited for one of them. */
  private static final Duration PROMPT = Duration.ofSeconds(3);

  private final List<SocketChannel> open = new ArrayList<>();
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
    site.compiler("clang");
  }

  @AfterEach
  void close() throws IOException {
    for (SocketChannel client : open) {
      client.close();
    }
    site.close();
  }

  private SocketChannel connect() throws IOException {
    SocketChannel client =
        SocketChannel.open(UnixDomainSocketAddress.of(ControlServer.socket(site.runDir())));
    open.add(client);
    return client;
  }

  /** As much as it takes without being read from; whether anybody reads it is not waited for. */
  private static void send(SocketChannel client, byte[] bytes) {
    try {
      client.configureBlocking(false);
      client.write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      // It was closed already, as it should be.
    }
  }

  private static void assertPromptStatus(DaemonProcess daemon) throws IOException {
    Instant start = Instant.now();
    assertEquals("ready", daemon.status().state());
    Duration took = Duration.between(start, Instant.now());
    assertTrue(took.compareTo(PROMPT) < 0, took.toString());
  }

  private static long descriptors(DaemonProcess daemon) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(daemon.pid()), "fd"))) {
      return all.count();
    }
  }

  @Test
  void tenThousandMalformedRequestsChangeNothing() throws IOException {
    DaemonProcess daemon = site.start();
    Random random = new Random(1);
    List<String> shapes =
        List.of(
            "{\"command\":\"stat", "[[[[[[", "{\"command\":{}}\n", "GET / HTTP/1.1\r\n\r\n", "\n");
    for (int i = 0; i < 10_000; i++) {
      SocketChannel client = connect();
      if (i % 2 == 0) {
        send(client, shapes.get(i % shapes.size()).getBytes(StandardCharsets.UTF_8));
      } else {
        byte[] garbage = new byte[random.nextInt(2000)];
        random.nextBytes(garbage);
        send(client, garbage);
      }
      client.close();
    }
    open.clear();
    assertPromptStatus(daemon);
    daemon.mount("gcc");
    assertEquals(Site.IMAGE, site.version("gcc"));
  }

  @Test
  void idleConnectionsAndSlowReadersDelayNoClient() throws IOException {
    DaemonProcess daemon = site.start();
    long before = descriptors(daemon);
    for (int i = 0; i < 1000; i++) {
      connect();
    }
    assertPromptStatus(daemon);
    daemon.mount("gcc");

    byte[] question = "{\"command\":\"status\"}\n".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 200; i++) {
      send(connect(), question);
    }
    assertPromptStatus(daemon);
    daemon.mount("clang");
    assertTrue(descriptors(daemon) <= before + 300, "descriptors: " + descriptors(daemon));
    assertEquals(0, daemon.status().trace().restarts());
  }
}
