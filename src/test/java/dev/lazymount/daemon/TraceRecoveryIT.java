package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** bpftrace dies, hangs, is missing or blind; and the daemon dies without a word. */
class TraceRecoveryIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("before");
    site.compiler("after");
  }

  @AfterEach
  void close() {
    site.close();
  }

  private static long tracePid(DaemonProcess daemon) throws IOException {
    return daemon.status().trace().pid();
  }

  @Test
  void killedBpftraceIsBackAndTheNextAccessMounts() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.mount("before");
    long killed = tracePid(daemon);

    Kernel.signal("KILL", killed);

    daemon.await(
        "ready with a new bpftrace",
        () ->
            daemon.status().state().equals("ready")
                && daemon.status().trace().restarts() == 1
                && tracePid(daemon) != killed);
    daemon.mount("after");
    assertEquals(1, site.mountsOn("before"));
    assertEquals(1, site.bpftraces().size());
    daemon.await("it is logged", () -> daemon.log().contains("killed by signal 9"));
  }

  @Test
  void stoppedBpftraceIsNoticedByTheCanaryAndReplaced() throws IOException {
    DaemonProcess daemon = site.start("trace.canary=100ms", "trace.canary-timeout=500ms");
    long stopped = tracePid(daemon);

    Kernel.signal("STOP", stopped);

    daemon.await("degraded", () -> daemon.status().trace().restarts() >= 1);
    daemon.await(
        "ready with a new bpftrace",
        () -> daemon.status().state().equals("ready") && tracePid(daemon) != stopped);
    daemon.await("it is logged", () -> daemon.log().contains("no canary came back"));
    daemon.mount("after");
    Await.until("the stopped one is killed", () -> !Kernel.runs(stopped));
  }

  @Test
  void killedDaemonTakesBpftraceWithIt() throws IOException {
    DaemonProcess daemon = site.start();
    long bpftrace = tracePid(daemon);
    assertEquals(List.of(bpftrace), site.bpftraces());

    daemon.kill();

    Await.until("bpftrace is gone", () -> !Kernel.runs(bpftrace));
  }

  @Test
  void killedDaemonTakesAStoppedBpftraceWithIt() throws IOException {
    DaemonProcess daemon = site.start();
    long bpftrace = tracePid(daemon);
    Kernel.signal("STOP", bpftrace);

    daemon.kill();

    Await.until("bpftrace is gone", () -> !Kernel.runs(bpftrace));
  }

  @Test
  void bpftraceBelowAWrapperEndsWithAKilledDaemon() throws IOException {
    Path wrapper = Scripts.write(site.scratch().resolve("wrapper"), "bpftrace \"$@\"", "exit $?");
    DaemonProcess daemon = site.start("trace.bpftrace=" + wrapper);
    assertEquals(1, site.bpftraces().size());
    long bpftrace = site.bpftraces().get(0);
    assertNotEquals(bpftrace, tracePid(daemon), "the wrapper is in between");

    daemon.kill();

    // A tick every few windows, which nothing reads.
    Await.until("bpftrace is gone", () -> !Kernel.runs(bpftrace));
  }

  @Test
  void bpftraceBelowAWrapperEndsWithTheDaemon() throws IOException {
    Path wrapper = Scripts.write(site.scratch().resolve("wrapper"), "bpftrace \"$@\"", "exit $?");
    DaemonProcess daemon = site.start("trace.bpftrace=" + wrapper);
    daemon.mount("before");

    daemon.terminate();

    Await.until("bpftrace is gone", () -> site.bpftraces().isEmpty());
  }

  @Test
  void missingBpftraceIsExplainedAndFoundOnceItIsInstalled() throws IOException {
    Path later = site.scratch().resolve("bpftrace-later");
    DaemonProcess daemon =
        site.launch(Map.of(), "trace.bpftrace=" + later, "trace.restart-max=500ms");
    daemon.await(
        "status says that there is no bpftrace",
        Duration.ofSeconds(30),
        () -> daemon.status().trace().problem().contains("bpftrace not found"));
    assertEquals("starting", daemon.status().state());
    assertTrue(daemon.status().trace().problem().contains(later.toString()));
    assertEquals(Site.ORIGINAL, site.version("before"));

    Path ready = Scripts.write(site.scratch().resolve("ready"), "exec bpftrace \"$@\"");
    Files.move(ready, later);

    daemon.awaitReady();
    assertEquals(null, daemon.status().trace().problem());
    daemon.mount("before");
    long logged = daemon.log().lines().filter(line -> line.contains("bpftrace not found")).count();
    assertEquals(1, logged, "a persisting problem is logged once");
    assertEquals("resolved", daemon.status().trace().program(), "it is not to blame");
  }

  @Test
  void bpftraceThatFailsIsExplainedInItsOwnWords() throws IOException {
    Path failing =
        Scripts.write(site.scratch().resolve("failing"), "echo 'the moon is full' >&2", "exit 3");
    DaemonProcess daemon = site.launch(Map.of(), "trace.bpftrace=" + failing);
    daemon.await(
        "status says why",
        Duration.ofSeconds(30),
        () -> daemon.status().trace().problem().contains("ended with status 3"));
    String problem = daemon.status().trace().problem();
    assertTrue(problem.contains("the moon is full"), problem);
    assertEquals("starting", daemon.status().state());
    assertTrue(daemon.isAlive());
  }

  @Test
  void bpftraceThatSeesNothingIsNotReady() throws IOException {
    Path blind =
        Scripts.write(site.scratch().resolve("blind"), "cat >/dev/null", "exec sleep 1000");
    DaemonProcess daemon =
        site.launch(Map.of(), "trace.bpftrace=" + blind, "trace.canary-timeout=100ms");
    daemon.await(
        "it is given up",
        Duration.ofSeconds(30),
        () -> daemon.status().trace().problem().contains("reports nothing"));
    assertEquals("starting", daemon.status().state());
  }
}
