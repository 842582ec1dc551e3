package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two hundred compilers used at once, while daemons die and compete. */
class StormIT {
  private static final int NAMES = 200;
  private static final Duration LONG = Duration.ofSeconds(40);

  private Site site;
  private List<String> names;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    names = site.compilers(NAMES);
  }

  @AfterEach
  void close() {
    site.close();
  }

  /** Threads that read all names in random orders; none may ever meet anything but these two. */
  private ConcurrentReaders storm() {
    return new ConcurrentReaders(
        3,
        user -> {
          List<String> shuffled = new ArrayList<>(names);
          Collections.shuffle(shuffled);
          for (String name : shuffled) {
            String version = site.versionHere(name);
            assertTrue(version.equals(Site.ORIGINAL) || version.equals(Site.IMAGE), version);
          }
        });
  }

  private long mounts() {
    return Kernel.mountsBelow(site.root()).size();
  }

  private void assertEachMountedOnce() throws IOException {
    List<String> targets =
        Kernel.mountsBelow(site.root()).stream().map(MountInfo::target).sorted().toList();
    assertEquals(
        names.stream().map(name -> site.root(name).toString()).sorted().toList(),
        targets,
        "each name once, and nothing else");
    List<String> files = Kernel.loopsBelow(site.folder()).values().stream().sorted().toList();
    assertEquals(
        names.stream().map(name -> site.image(name).toString()).sorted().toList(),
        files,
        "one loop device an image");
    for (String name : names) {
      assertEquals(Site.IMAGE, site.versionHere(name));
    }
  }

  @Test
  void daemonAfterAKillInAStormAdoptsTheMounts() throws Exception {
    try (ConcurrentReaders storm = storm()) {
      for (int killAt : List.of(5, 60, 120)) {
        DaemonProcess victim = site.launch(java.util.Map.of());
        Await.until(killAt + " mounts", LONG, () -> mounts() >= killAt);
        victim.kill();
        Await.until("its bpftrace is gone", () -> site.bpftraces().isEmpty());
        // What it left is whole: a mount for each loop device, and none stacked.
        Await.until(
            "no loop device without its mount",
            () -> Kernel.loopsBelow(site.folder()).size() == mounts());
        assertEquals(mounts(), targets().stream().distinct().count());
      }
      long left = mounts();
      DaemonProcess last = site.start();
      last.await("all are mounted", LONG, () -> last.status().images().mounted() == NAMES);
      assertTrue(left >= 120);
      long adopted =
          last.status().mounts().stream().filter(mount -> mount.mountMillis() == null).count();
      assertTrue(adopted >= left, adopted + " adopted of " + left);
      assertEquals(1, site.bpftraces().size());
      storm.await(1);
    }
    assertEachMountedOnce();
  }

  private List<String> targets() {
    return Kernel.mountsBelow(site.root()).stream()
        .map(MountInfo::target)
        .collect(Collectors.toList());
  }

  @Test
  void twoDaemonsMountEachImageOnce() throws Exception {
    Path other = site.folder().resolve("run-of-another");
    DaemonProcess one = site.launch(java.util.Map.of());
    DaemonProcess two = site.launch(java.util.Map.of(), "run-dir=" + other);
    one.awaitReady();
    two.awaitReady();
    try (ConcurrentReaders storm = storm()) {
      for (DaemonProcess daemon : List.of(one, two)) {
        daemon.await("all are mounted", LONG, () -> daemon.status().images().mounted() == NAMES);
      }
    }
    assertEachMountedOnce();
    for (DaemonProcess daemon : List.of(one, two)) {
      assertEquals(0, daemon.status().images().failed());
      assertEquals(0, daemon.status().images().quarantined());
    }
  }
}
