package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * CPUs that come online while the daemon runs. Skipped only where CPU 1 can't be taken offline: the
 * kernel has a file for it exactly where it can.
 */
class CpuOnlineIT {
  private static final Path SWITCH = Path.of("/sys/devices/system/cpu/cpu1/online");

  private Site site;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(Files.exists(SWITCH), "no " + SWITCH + ": this machine's CPUs can't go offline");
    site = Site.create();
    site.compiler("gcc");
  }

  @AfterEach
  void close() throws IOException {
    if (site != null) {
      online(true);
      site.close();
    }
  }

  private static void online(boolean on) throws IOException {
    Files.writeString(SWITCH, on ? "1" : "0");
    assertEquals(on ? "1" : "0", Files.readString(SWITCH).strip());
  }

  /** An access on CPU 1 until the image is mounted. */
  private void mountFromCpuOne(DaemonProcess daemon) {
    daemon.await(
        "gcc is mounted after an access on CPU 1",
        () -> {
          ChildProcess.run("taskset", "-c", "1", "cat", site.root("gcc") + "/version").orFail();
          return daemon.state("gcc").equals(Optional.of("mounted"));
        });
    assertTrue(daemon.log().contains("CPU 1 came online"), daemon.log());
  }

  @Test
  void cpuThatComesOnlineIsTraced() throws IOException {
    online(false);
    DaemonProcess daemon = site.start();
    online(true);
    mountFromCpuOne(daemon);
    assertEquals("ready", daemon.status().state());
    assertEquals(0, daemon.status().trace().restarts(), "it is no failure");
  }

  @Test
  void cpuThatGoesAndComesBackIsTraced() throws IOException {
    DaemonProcess daemon = site.start();
    // Too short for a look that compares only which CPUs are online.
    online(false);
    online(true);
    mountFromCpuOne(daemon);
  }

  @Test
  void cpuThatGoesRestartsNothing() throws IOException {
    DaemonProcess daemon = site.start();
    long bpftrace = daemon.status().trace().pid();
    online(false);
    long up = daemon.status().uptimeSeconds();
    daemon.await("two looks pass", () -> daemon.status().uptimeSeconds() > up + 5);
    assertEquals(bpftrace, daemon.status().trace().pid());
    daemon.mount("gcc");
  }
}
