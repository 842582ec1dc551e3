package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
 * As many compilers as a host has, all used at once. {@code ./dev bench storm} measures the time.
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
