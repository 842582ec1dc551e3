package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import dev.lazymount.support.NotifySocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the service manager receives, and when. */
class ServiceManagerIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
  }

  @AfterEach
  void close() {
    site.close();
  }

  @Test
  void readyFollowsTheFirstCanaryAndStoppingTheEnd() throws IOException {
    Path gate = site.scratch().resolve("gate");
    Path gated =
        Scripts.write(
            site.scratch().resolve("gated"),
            "while [ ! -e " + gate + " ]; do sleep 0.05; done",
            "exec bpftrace \"$@\"");
    try (NotifySocket manager = new NotifySocket(site.folder())) {
      DaemonProcess daemon =
          site.launch(Map.of("NOTIFY_SOCKET", manager.address()), "trace.bpftrace=" + gated);
      daemon.await(
          "bpftrace has been running for a while",
          Duration.ofSeconds(30),
          () -> daemon.status().trace().pid() != null && daemon.status().uptimeSeconds() >= 2);
      assertFalse(manager.has("READY=1"), manager.messages().toString());
      assertEquals("starting", daemon.status().state());
      assertEquals(null, daemon.status().trace().canaryMillis());

      Files.createFile(gate);

      Await.until("READY=1", Duration.ofSeconds(20), () -> manager.has("READY=1"));
      assertEquals("ready", daemon.status().state());
      assertTrue(daemon.status().trace().canaryMillis() > 0);
      assertFalse(manager.has("STOPPING=1"));
      assertFalse(manager.has("WATCHDOG=1"), "there is no watchdog");

      daemon.terminate();

      Await.until("STOPPING=1", () -> manager.has("STOPPING=1"));
      assertTrue(manager.first("READY=1") < manager.first("STOPPING=1"));
      assertEquals(1, manager.count("READY=1"));
      assertTrue(manager.messages().get(0).startsWith("STATUS=starting"));
    }
  }

  @Test
  void onlyCanariesFeedTheWatchdog() throws IOException {
    try (NotifySocket manager = new NotifySocket(site.folder())) {
      DaemonProcess daemon =
          site.launch(
              Map.of("NOTIFY_SOCKET", manager.address(), "WATCHDOG_USEC", "900000"),
              "trace.canary-timeout=5m",
              "trace.restart=1m",
              "trace.restart-max=1h");
      daemon.awaitReady();
      Await.until("the watchdog is fed", () -> manager.count("WATCHDOG=1") >= 4);

      // The trace is blind now, and the watchdog has to expire.
      Kernel.signal("STOP", daemon.status().trace().pid());

      long fed = manager.count("WATCHDOG=1");
      long up = daemon.status().uptimeSeconds();
      Await.until("two watchdog intervals pass", () -> daemon.status().uptimeSeconds() > up + 2);
      // One may have been on its way.
      assertTrue(manager.count("WATCHDOG=1") <= fed + 1, manager.messages().toString());
    }
  }
}
