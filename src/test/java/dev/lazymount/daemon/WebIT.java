package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.support.MalformedHttp;
import dev.lazymount.support.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Metrics and status page of a real daemon, and clients that mean it no good. */
class WebIT {
  private static final int PORT = 9723;

  /** An address of this test's own: all of 127.0.0.0/8 is this machine. */
  private final String bind = address(new Random());

  private final RawHttp http = new RawHttp(new InetSocketAddress(bind, PORT));
  private final List<Socket> crowd = new ArrayList<>();
  private Site site;

  private static String address(Random random) {
    return "127." + (1 + random.nextInt(254)) + "." + random.nextInt(256) + ".1";
  }

  @BeforeEach
  void open() {
    site = Site.create();
  }

  @AfterEach
  void close() throws IOException {
    for (Socket socket : crowd) {
      socket.close();
    }
    site.close();
  }

  private DaemonProcess start() throws IOException {
    DaemonProcess daemon =
        site.start("metrics.enabled=true", "metrics.bind=" + bind, "metrics.port=" + PORT);
    daemon.await("it serves", () -> http.get("/metrics").status() == 200);
    return daemon;
  }

  /** Metrics are refreshed once a second. */
  private void awaitMetric(String line) {
    Await.until(
        line,
        Await.PATIENCE,
        () -> metrics().lines().anyMatch(line::equals),
        () -> "\n" + lazymount());
  }

  private String metrics() throws IOException {
    return http.get("/metrics").text();
  }

  /** The value of a metric without labels: a fast canary's is written as 6.4E-4. */
  private double figure(String metric) throws IOException {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(metric + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  private String lazymount() {
    try {
      return String.join(
          "\n", metrics().lines().filter(line -> line.startsWith("lazymount")).toList());
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String promtool() {
    return System.getProperty("lazymount.promtool");
  }

  @Test
  void aRealMountIsInMetricsAndPageAndPromtoolFindsNothing() throws IOException {
    site.compiler("gcc");
    site.compiler("bad");
    site.place(new byte[] {1, 2, 3}, "bad");
    DaemonProcess daemon = start();
    daemon.awaitImagesKnown();
    daemon.mount("gcc");
    daemon.refusal("bad", () -> site.version("bad"));

    awaitMetric("lazymount_mounts_total{outcome=\"mounted\"} 1.0");
    awaitMetric("lazymount_mounts_total{outcome=\"quarantined\"} 1.0");
    awaitMetric("lazymount_images{state=\"mounted\"} 1.0");
    awaitMetric("lazymount_images{state=\"quarantined\"} 1.0");
    awaitMetric("lazymount_mount_duration_seconds_count 1");
    awaitMetric("lazymount_access_to_mount_seconds_count 1");
    awaitMetric("lazymount_state{state=\"ready\"} 1.0");
    awaitMetric("lazymount_images_known 2.0");
    double canary = figure("lazymount_canary_round_trip_seconds");
    assertTrue(canary > 0 && canary < 5, canary + " s");
    assertTrue(http.get("/api/status").text().contains("\"name\":\"gcc\""));

    String text = metrics();
    ChildProcess.Result lint = ChildProcess.run(text, List.of(promtool(), "check", "metrics"));
    assertEquals(new ChildProcess.Result(0, ""), lint, text);
    ChildProcess.Result rules =
        ChildProcess.run(promtool(), "check", "rules", "conf/prometheus/lazymount.rules.yml");
    assertEquals(0, rules.status(), rules::out);
    assertTrue(rules.out().contains("SUCCESS"), rules::out);
    System.out.println(
        "promtool check metrics: nothing found in " + text.lines().count() + " lines");
    System.out.println(rules.out());
  }

  @Test
  void switchedOffNothingOfItIsLoaded() throws IOException {
    Path loaded = site.scratch().resolve("classes.log");
    DaemonProcess daemon = site.launch(Map.of("JAVA_OPTS", "-Xlog:class+load=info:file=" + loaded));
    daemon.awaitReady();
    daemon.terminate();
    try (Stream<String> lines = Files.lines(loaded)) {
      List<String> classes = lines.filter(line -> line.contains("dev.lazymount.")).toList();
      assertTrue(classes.size() > 100, "the log of loaded classes: " + classes);
    }
    try (Stream<String> lines = Files.lines(loaded)) {
      assertEquals(
          List.of(),
          lines
              .filter(l -> l.contains("dev.lazymount.web.") || l.contains("io.prometheus."))
              .toList());
    }
  }

  @Test
  void portInUseDoesNotStopMounting() throws IOException {
    site.compiler("gcc");
    DaemonProcess daemon;
    try (ServerSocket taken = new ServerSocket(PORT, 1, InetAddress.getByName(bind))) {
      daemon = site.start("metrics.enabled=true", "metrics.bind=" + bind, "metrics.port=" + PORT);
      daemon.mount("gcc");
      String line = "can't listen on " + bind + ":" + taken.getLocalPort() + ": ";
      daemon.await("it says so", () -> daemon.log().contains(line));
    }
    daemon.await("it serves", () -> http.get("/").status() == 200);
    assertEquals(1, daemon.log().lines().filter(line -> line.contains("can't listen")).count());
  }

  @Test
  void hostileClientsHinderNoMount() throws Exception {
    for (String name : List.of("before", "idle", "malformed", "slow", "after")) {
      site.compiler(name);
    }
    DaemonProcess daemon = start();
    daemon.awaitImagesKnown();
    daemon.mount("before");
    // It is on the board a moment before it is in the log.
    daemon.await("it is logged", () -> daemon.log().contains("before: mounted from "));
    long lines = logged(daemon);
    long memory = daemon.residentKilobytes();
    long threads = threads(daemon);

    for (int i = 0; i < 1000; i++) {
      crowd.add(http.connect());
    }
    daemon.mount("idle");
    assertEquals(200, http.get("/api/status").status(), "besides a thousand idle connections");

    Set<Integer> known = Set.of(0, 200, 400, 404, 405, 421, 431);
    MalformedHttp malformed = new MalformedHttp(new Random(1));
    for (int i = 0; i < 10_000; i++) {
      byte[] request = malformed.next();
      int status = exchange(request);
      assertTrue(
          known.contains(status),
          () -> status + " to " + new String(request, StandardCharsets.ISO_8859_1));
      if (i == 5000) {
        daemon.mount("malformed");
      }
    }

    for (String piece : List.of("GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
      for (int i = 0; i < 200; i++) {
        Socket slow = http.connect();
        crowd.add(slow);
        slow.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
      }
    }
    daemon.mount("slow");
    assertEquals(200, http.get("/api/status").status(), "besides slow clients");

    daemon.mount("after");
    assertEquals("ready", daemon.status().state());
    assertEquals(0, daemon.status().trace().restarts());
    assertEquals(200, http.get("/metrics").status());
    daemon.await("the four mounts are logged", () -> logged(daemon) >= lines + 4);
    assertEquals(lines + 4, logged(daemon), daemon.log());
    assertTrue(threads(daemon) <= threads + 4, threads + " threads, then " + threads(daemon));
    long more = daemon.residentKilobytes() - memory;
    assertTrue(more < 64 * 1024, more + " KB more than before");
    System.out.println("hostile clients: " + more + " KB more resident than before");
  }

  /** The status of the answer; 0 if the connection ended without one, or with a reset. */
  private int exchange(byte[] request) throws IOException {
    try {
      return http.send(request).status();
    } catch (java.net.SocketException reset) {
      return 0;
    }
  }

  private static long logged(DaemonProcess daemon) {
    return daemon.log().lines().count();
  }

  private static long threads(DaemonProcess daemon) throws IOException {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(daemon.pid()), "task"))) {
      return tasks.count();
    }
  }
}
