package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
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

/** The warm list: what one daemon learns, the next one mounts at its start. */
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

  /** As a reboot does. */
  private void unmountAll() throws IOException {
    for (var mount : Kernel.mountsBelow(site.root())) {
      Mounts.detach(mount.target());
    }
  }

  @Test
  void mostUsedImagesAreMountedAfterAReboot() throws IOException {
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
        "it is logged", () -> second.log().contains("warm list: 2 of 2 images are mounted"));
    String log = second.log();
    assertTrue(
        log.matches("(?s).* gcc: mounted from \\S+ in \\S+ ms, for the warm list *\n.*"), log);
    assertEquals(Optional.empty(), second.state("rust"));

    assertEquals(Site.IMAGE, site.version("gcc"));
  }

  @Test
  void damagedListIsSetAsideAndTheSeedUsed() throws IOException {
    Path seed = Files.writeString(site.folder().resolve("seed"), "rust\nno-such-image\n");
    Files.createDirectories(list().getParent());
    Files.writeString(list(), "not a list");
    DaemonProcess daemon = site.start("warm.max=16", "warm.seed=" + seed);
    daemon.awaitMounted("rust");
    List<String> lines = daemon.log().lines().filter(line -> line.contains("damaged")).toList();
    assertEquals(1, lines.size(), daemon.log());
    assertTrue(lines.get(0).contains(list() + " is damaged: line 1"), lines.get(0));
    assertEquals("not a list", Files.readString(list().resolveSibling("warm.list.damaged")));
    assertEquals(0, site.mountsOn("gcc"));
  }

  /** A list with gcc on it. */
  private void saveList() throws IOException {
    Files.createDirectories(list().getParent());
    Files.writeString(list(), "1.0 2026-11-23T12:00:00Z gcc\n# 1 in all\n");
  }

  @Test
  void observeModeOnlyLogsWarmMounts() throws IOException {
    saveList();
    DaemonProcess daemon = site.start("warm.max=16", "mode=observe", "log.summary=1s");
    daemon.await(
        "it is logged", () -> daemon.log().contains("warm list: images it would mount now: 1"));
    daemon.refusal("rust", () -> site.version("rust"));
    daemon.await("a summary", () -> daemon.log().contains("1 image would have been mounted"));
    assertEquals(1, daemon.status().observed().wouldMount());
    assertEquals(0, site.mountsOn("gcc"));
  }

  @Test
  void zeroWarmMaxMountsNothing() throws IOException {
    saveList();
    DaemonProcess daemon = site.start("warm.max=0");
    daemon.awaitImagesKnown();
    daemon.fence();
    assertEquals(0, site.mountsOn("gcc"));
  }
}
