package dev.lazymount.web;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.TraceStatus;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A status page with a few images, in a real browser. */
abstract class StatusPageFixture extends WebFixture {
  @TempDir private static Path folder;

  static Chromium chromium;
  String url;

  @BeforeAll
  static void launch() throws Exception {
    chromium = Chromium.start(folder);
  }

  @AfterAll
  static void quit() throws Exception {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    status.state(DaemonState.READY);
    status.trace(new TraceStatus(ProgramName.RESOLVED, 28314L, 0.8, null, null));
    status.catalog(3050, 3, 40, null);
    status.counters().seen.add(18_432);
    status.counters().unknown.add(311);
    mounted("gcc-9.5.0", 1.2, 90);
    mounted("gcc-15.1.0", 0.9, 3);
    mounted("clang-21.1.0", 2.4, 30);
    mounted("arm64/gcc-14.2.0", 1.7, 12);
    mounted("rust-1.91.0", 1.1, 55);
    mounted("tcc-0.9.27", 2.8, 1);
    refused(
        "zig-0.16.0",
        MountState.FAILED,
        "openat2 zig-0.16.0.img: EIO (Input/output error); retries on the first access after"
            + " 4.0 s");
    refused(
        "nightly-20261101",
        MountState.QUARANTINED,
        "the image is truncated: 94208 of 187656 bytes; quarantined until the file changes");
    Instant start = Instant.now().minus(Duration.ofMinutes(200));
    report = () -> StatusReport.of(status, "/opt/compiler-explorer", start);
    explain = Optional.of(of -> Map.of("verdict", of + " is not mounted"));
    start();
    InetSocketAddress address = address();
    url = "http://127.0.0.1:" + address.getPort() + "/";
    chromium.forget();
    chromium.dark(false);
    chromium.resize(1100, 900, false);
  }

  /** So that the page does not reload from a server that has stopped. */
  @AfterEach
  void leave() throws Exception {
    chromium.open("about:blank");
  }

  void mounted(String name, double millis, int minutesAgo) {
    Instant when = Instant.now().minus(Duration.ofMinutes(minutesAgo));
    status
        .mounts()
        .put(
            MountStatus.of(
                    name, "/efs/squash-images/" + name + ".img", "/opt/compiler-explorer/" + name)
                .mounted(when, "/dev/loop" + minutesAgo, millis, "cc1[4711] by openat", "1")
                .accessed(when.plusSeconds(20))
                .build());
  }

  void refused(String name, MountState state, String reason) {
    status
        .mounts()
        .put(
            MountStatus.of(name, "/i/" + name, "/t/" + name)
                .state(state, Instant.now(), reason)
                .build());
  }

  void show() throws Exception {
    chromium.open(url);
    chromium.await(
        "document.readyState === 'complete' && document.querySelectorAll('#rows tr').length > 0");
  }

  List<String> names() throws Exception {
    JsonArray names =
        chromium
            .value("[...document.querySelectorAll('#rows .name')].map(node => node.textContent)")
            .getAsJsonArray();
    return StreamSupport.stream(names.spliterator(), false).map(JsonElement::getAsString).toList();
  }
}
