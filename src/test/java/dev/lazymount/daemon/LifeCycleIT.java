package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.LockHolder;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Start, end, and the status in between. */
class LifeCycleIT {
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

  private static Set<String> keys(JsonObject object, String name) {
    return object.getAsJsonObject(name).keySet();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void sigtermEndsItInTimeAndLeavesWhatIsMounted() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.mount("gcc");

    daemon.terminate();

    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(Site.IMAGE, site.version("gcc"));
    assertFalse(Files.exists(site.runDir().resolve("control.sock")));
    Await.until("bpftrace is gone", () -> site.bpftraces().isEmpty());

    // The next daemon adopts it.
    DaemonProcess next = site.start();
    next.awaitMounted("gcc");
    assertEquals(1, next.status().images().mounted());
    assertEquals(1, Kernel.loopsBelow(site.images()).size());
  }

  @Test
  void sigtermEndsItInTimeWhileAMountWaits() throws IOException {
    DaemonProcess daemon = site.start();
    try (LockHolder other = LockHolder.take(site.lockDir().resolve("gcc.lock"))) {
      site.version("gcc");
      daemon.await("it waits", () -> daemon.state("gcc").equals(Optional.of("mounting")));
      daemon.terminate();
    }
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Site.ORIGINAL, site.version("gcc"));
  }

  @Test
  void sigtermEndsItInTimeBeforeItIsReady() throws IOException {
    Path slow = Scripts.write(site.scratch().resolve("slow"), "exec sleep 1000");
    DaemonProcess daemon = site.launch(Map.of(), "trace.bpftrace=" + slow);
    daemon.await("it runs", () -> daemon.status().trace().pid() != null);
    daemon.terminate();
  }

  @Test
  void sigtermEndsItInTimeDuringTheStart() throws IOException {
    DaemonProcess daemon = site.launch(Map.of());
    // The lock is taken before the actors start.
    Await.until("it has begun", () -> Files.exists(site.runDir().resolve("daemon.lock")));
    daemon.terminate();
  }

  @Test
  void mountThatWaitsForALockIsCalledStuckAfterItsTimeout() throws IOException {
    DaemonProcess daemon = site.start("mount.timeout=300ms");
    try (LockHolder other = LockHolder.take(site.lockDir().resolve("gcc.lock"))) {
      site.version("gcc");
      daemon.await("stuck", () -> daemon.state("gcc").equals(Optional.of("stuck")));
      assertEquals(Site.ORIGINAL, site.version("gcc"));
    }
    daemon.awaitMounted("gcc");
  }

  @Test
  void secondDaemonWithTheSameRunDirectoryIsRefused() throws IOException {
    DaemonProcess first = site.start();
    DaemonProcess second = site.launch(Map.of());

    assertEquals(1, second.awaitExit());
    List<String> lines = second.log().lines().toList();
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.get(0).contains("another daemon runs"), lines.toString());
    assertTrue(lines.get(0).contains(site.runDir().toString()), lines.toString());

    assertEquals("ready", first.status().state());
    first.mount("gcc");
  }

  /** Killed while a mount waits in the kernel for NFS, a process keeps its files open. */
  @Test
  void startDoesNotWaitForAKilledDaemonThatCanNotEnd() throws IOException {
    Path ending = site.scratch().resolve("ending");
    ChildProcess.run(
            "", List.of("gcc", "-Wall", "-pthread", "-o", ending.toString(), "src/test/c/ending.c"))
        .orFail();
    Path lock = site.runDir().resolve("daemon.lock");
    Files.createDirectories(site.runDir());
    Path output = site.scratch().resolve("ending.log");
    Process killed =
        ChildProcess.start(List.of(ending.toString(), lock.toString()), Map.of(), output);
    try {
      Await.until("it holds the lock", () -> Files.readString(output).contains("held"));
      assertEquals("ready", site.start().status().state());
      assertEquals(1, site.launch(Map.of()).awaitExit(), "one daemon at most");
      assertTrue(killed.isAlive());
    } finally {
      killed.destroyForcibly();
    }
  }

  @Test
  void controlSocketThatAKilledDaemonLeftIsReplaced() throws IOException {
    site.start().kill();
    assertTrue(Files.exists(site.runDir().resolve("control.sock")));
    assertEquals("ready", site.start().status().state());
  }

  @Test
  void wrongSettingsAreAllListedAndNothingIsStarted() throws IOException {
    DaemonProcess daemon =
        site.launch(Map.of(), "mode=sometimes", "trace.windw=1s", "mount.concurrency=0");
    assertEquals(2, daemon.awaitExit());
    String log = daemon.log();
    for (String wrong : List.of("lazymount.mode", "trace.windw", "lazymount.mount.concurrency")) {
      assertTrue(log.contains(wrong), log);
    }
    assertTrue(log.contains("trace.window"), "what was meant: " + log);
    assertFalse(Files.exists(site.runDir()));
  }

  @Test
  void statusHasTheShapeOfTheContract() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.mount("gcc");
    ChildProcess.Result result = site.commandLine("status", "--json");

    JsonObject status = JsonParser.parseString(result.orFail()).getAsJsonObject();
    assertTrue(
        status
            .keySet()
            .containsAll(
                Set.of("state", "mode", "uptimeSeconds", "trace", "events", "images", "mounts")));
    assertEquals("ready", status.get("state").getAsString());
    assertEquals("mount", status.get("mode").getAsString());
    assertTrue(status.get("uptimeSeconds").getAsLong() >= 0);
    assertTrue(
        keys(status, "trace").containsAll(Set.of("program", "pid", "restarts", "canaryMillis")));
    assertTrue(keys(status, "events").containsAll(Set.of("seen", "lost", "unknown")));
    assertTrue(
        keys(status, "images").containsAll(Set.of("known", "mounted", "failed", "quarantined")));
    assertEquals(1, status.getAsJsonObject("images").get("mounted").getAsInt());
    assertEquals(site.bpftraces(), List.of(status.getAsJsonObject("trace").get("pid").getAsLong()));
    JsonArray mounts = status.getAsJsonArray("mounts");
    assertEquals(1, mounts.size());
    JsonObject mount = mounts.get(0).getAsJsonObject();
    assertTrue(
        mount
            .keySet()
            .containsAll(
                Set.of(
                    "name",
                    "image",
                    "target",
                    "state",
                    "since",
                    "lastAccess",
                    "mountMillis",
                    "device")));
    assertEquals("gcc", mount.get("name").getAsString());
    assertEquals("mounted", mount.get("state").getAsString());
    assertFalse(
        java.time.Instant.parse(mount.get("since").getAsString()).isAfter(java.time.Instant.now()));
    assertTrue(mount.get("mountMillis").getAsDouble() > 0);
    assertEquals(
        Kernel.mountsBelow(site.root("gcc")).get(0).source(), mount.get("device").getAsString());
  }

  @Test
  void statusWithoutADaemonEndsWithThree() {
    ChildProcess.Result result = site.commandLine("status", "--json");
    assertEquals(3, result.status());
    assertEquals(1, result.out().lines().count(), result.out());
    assertTrue(result.out().contains(site.runDir().toString()), result.out());
  }

  @Test
  void runAndLockDirectoriesAreForRootOnly() throws IOException {
    // As if another program had made the lock directory.
    Files.setPosixFilePermissions(site.lockDir(), PosixFilePermissions.fromString("rwxrwxrwx"));
    DaemonProcess daemon = site.start();
    daemon.mount("gcc");
    assertEquals("rwx------", mode(site.runDir()));
    assertEquals("rwx------", mode(site.lockDir()));
    assertEquals("rw-------", mode(site.runDir().resolve("control.sock")));
    assertEquals("rw-------", mode(site.lockDir().resolve("gcc.lock")));
  }

  @Test
  void observeModeMountsNothingAndReportsAccesses() throws IOException {
    DaemonProcess daemon = site.start("mode=observe");
    assertEquals("observe", daemon.status().mode());
    daemon.refusal("gcc", () -> assertEquals(Site.ORIGINAL, site.version("gcc")));
    daemon.fence();
    assertEquals(Optional.of("unmounted"), daemon.state("gcc"));
    assertEquals(0, site.mountsOn("gcc"));
  }

  @Test
  void newImageIsFoundByItsFirstAccesses() throws IOException {
    DaemonProcess daemon = site.start("catalog.rescan=1d");
    site.compiler("new");
    daemon.mount("new");
  }
}
