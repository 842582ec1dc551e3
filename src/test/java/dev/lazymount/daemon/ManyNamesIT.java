package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * As many compilers as a host has, all used at once. How long that takes, ./dev bench storm says.
 */
class ManyNamesIT {
  private static final int NAMES = 2000;
  private static final int PROCESSES = 4;
  private static final Duration LONG = Duration.ofMinutes(4);

  private final Site site = Site.create();

  @AfterEach
  void close() {
    site.close();
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void allAreMountedOnceInBoundedMemory() throws Exception {
    List<String> names = site.compilers(NAMES);
    DaemonProcess daemon = site.start();
    daemon.awaitImagesKnown();
    List<Process> users = new ArrayList<>();
    for (int user = 0; user < PROCESSES; user++) {
      users.add(reader(names, user));
    }
    for (Process user : users) {
      assertEquals(0, user.waitFor(), "every name can be read");
    }
    daemon.await("all are mounted", LONG, () -> daemon.status().images().mounted() == NAMES);
    List<String> targets =
        Kernel.mountsBelow(site.root()).stream().map(MountInfo::target).sorted().toList();
    assertEquals(names.stream().map(name -> site.root(name).toString()).sorted().toList(), targets);
    assertEquals(NAMES, Kernel.loopsBelow(site.folder()).size());
    assertEquals(0, daemon.status().images().failed());
    daemon.assertMemoryBounded();
  }

  /** With mount.max the kernel keeps those that are in use, and the daemon unmounts the others. */
  @Test
  void noMoreThanMountMaxStayMounted() throws Exception {
    List<String> names = site.compilers(30);
    DaemonProcess daemon = site.start("mount.max=10", "mount.concurrency=1");
    daemon.awaitImagesKnown();
    daemon.mount("gcc-0");
    try (var inUse = Files.newBufferedReader(site.root("gcc-0").resolve("version"))) {
      for (String name : names) {
        daemon.mount(name);
      }
      Await.until("no more are mounted", () -> Kernel.mountsBelow(site.root()).size() == 10);
      assertEquals(1, site.mountsOn("gcc-0"), "it was used first, and is in use");
      assertEquals(1, site.mountsOn("gcc-29"), "it was used last");
      assertEquals(0, site.mountsOn("gcc-1"));
      assertEquals(Site.IMAGE.strip(), inUse.readLine());
    }
    daemon.mount("gcc-1");
    Await.until("no more are mounted", () -> Kernel.mountsBelow(site.root()).size() == 10);
  }

  private Process reader(List<String> names, int user) throws IOException {
    List<String> files = new ArrayList<>();
    for (int i = user; i < names.size(); i += PROCESSES) {
      files.add(site.root(names.get(i)).resolve("version").toString());
    }
    Path list = Files.write(site.scratch().resolve("files-of-" + user), files);
    return ChildProcess.start(
        List.of("xargs", "-a", list.toString(), "cat"),
        Map.of(),
        site.scratch().resolve("read-by-" + user));
  }
}
