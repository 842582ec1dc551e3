package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one daemon learns the next one mounts ahead. */
class WarmListIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    for (String name : List.of("gcc", "libs/boost", "rust")) {
      site.compiler(name);
    }
  }

  @AfterEach
  void close() {
    site.close();
  }

  private Path list() {
    return site.folder().resolve("state/warm.list");
  }

  /** Nothing is mounted any more, as after a reboot. */
  private void unmountAll() throws IOException {
    for (var mount : Kernel.mountsBelow(site.root())) {
      Mounts.detach(mount.target());
    }
  }

  @Test
  void afterARebootTheFirstAccessIsServedByTheImage() throws IOException {
    DaemonProcess first = site.start();
    first.mount("gcc");
    first.mount("libs/boost");
    assertTrue(first.line("gcc").orElseThrow().trigger().startsWith("cat["), first.log());
    first.terminate();
    String learned = Files.readString(list());
    assertTrue(learned.contains("  gcc\n"), learned);
    assertTrue(learned.contains("  libs/boost\n"), learned);
    unmountAll();

    DaemonProcess second = site.start("warm.max=16");
    StatusReport.Mount gcc = second.awaitMounted("gcc");
    second.awaitMounted("libs/boost");
    assertEquals("the warm list", gcc.trigger());
    assertNull(gcc.lastAccess());
    second.await(
        "its line", () -> second.log().contains("warm list: 2 of its 2 images are mounted"));
    String log = second.log();
    assertTrue(
        log.matches("(?s).* gcc: mounted from \\S+ in \\S+ ms, for the warm list *\n.*"), log);
    assertEquals(Optional.empty(), second.state("rust"));

    long before = LoopDevice.sectorsRead(gcc.device()).orElseThrow();
    assertEquals(Site.IMAGE, site.version("gcc"));
    assertTrue(LoopDevice.sectorsRead(gcc.device()).orElseThrow() > before, "use shows as reads");
  }

  @Test
  void damagedListIsSetAsideAndReplacedByTheSeed() throws IOException {
    Path seed = Files.writeString(site.folder().resolve("seed"), "rust\nunheard-of\n");
    Files.createDirectories(list().getParent());
    Files.writeString(list(), "what is this");
    DaemonProcess daemon = site.start("warm.max=16", "warm.seed=" + seed);
    daemon.awaitMounted("rust");
    List<String> lines = daemon.log().lines().filter(line -> line.contains("damaged")).toList();
    assertEquals(1, lines.size(), daemon.log());
    assertTrue(lines.get(0).contains(list() + " is damaged: line 1"), lines.get(0));
    assertEquals("what is this", Files.readString(list().resolveSibling("warm.list.damaged")));
    assertEquals(0, site.mountsOn("gcc"));
  }

  @Test
  void nothingIsMountedAheadInObserveModeOrWithoutRoom() throws IOException {
    Files.createDirectories(list().getParent());
    Files.writeString(list(), "1.0 2026-11-23T12:00:00Z gcc\n# 1 in all\n");
    DaemonProcess observing = site.start("warm.max=16", "mode=observe", "log.summary=1s");
    observing.await(
        "its line",
        () -> observing.log().contains("warm list: it would have 1 images mounted ahead"));
    observing.refusal("rust", () -> site.version("rust"));
    observing.await("a summary", () -> observing.log().contains(" 1 would have been mounted"));
    assertEquals(1, observing.status().observed().wouldMount());
    observing.terminate();
    assertEquals(0, site.mountsOn("gcc"));
    DaemonProcess roomless = site.start("warm.max=0");
    roomless.fence();
    assertEquals(0, site.mountsOn("gcc"));
    Await.until("it knows the images", () -> roomless.status().images().known() == 3);
  }
}
