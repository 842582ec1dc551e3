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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All who may mount, at the same names at once: two daemons, {@code lazymount mount --all} without
 * a daemon, and a script that runs mount(8) where it finds no mount point. The last one has no
 * lock; what it stacks is taken off again.
 *
 * <p>{@code -Dlazymount.parties.names=500 -Dlazymount.parties.rounds=20} is the full length.
 */
class CompetingMountersIT {
  private static final int NAMES = Integer.getInteger("lazymount.parties.names", 40);
  private static final int ROUNDS = Integer.getInteger("lazymount.parties.rounds", 3);
  private static final Duration LONG = Duration.ofMinutes(2);

  private static final String MOUNT_8 =
      """
      while read -r image dir; do
        mountpoint -q "$dir" || mount -t squashfs -o loop,ro "$image" "$dir" || true
      done <"$1"
      """;

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

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS)
  void competingMountersMountEachImageOnce() throws Exception {
    final DaemonProcess one = site.start();
    final DaemonProcess two = site.start("run-dir=" + site.folder().resolve("run-of-another"));
    one.awaitImagesKnown();
    two.awaitImagesKnown();
    int stacked = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<Process> parties = List.of(commandLine(round), mount8(round));
      List<String> shuffled = new ArrayList<>(names);
      Collections.shuffle(shuffled, new Random(round));
      for (String name : shuffled) {
        site.versionHere(name);
      }
      for (Process party : parties) {
        assertEquals(0, party.waitFor(), () -> output());
      }
      stacked += targets().size() - distinct().size();
      Await.until(
          "each image is mounted once",
          LONG,
          () -> targets().size() == NAMES && distinct().size() == NAMES);
      // Not that there are just as many loop devices: a mount namespace that another program made
      // in
      // an
      // earlier round has copies of its mounts.
      assertEquals(
          NAMES,
          Kernel.mountsBelow(site.root()).stream().map(MountInfo::source).distinct().count());
      for (DaemonProcess daemon : List.of(one, two)) {
        daemon.await("it lets go of all loop devices", LONG, () -> openLoops(daemon.pid()) == 0);
      }
      for (DaemonProcess daemon : List.of(one, two)) {
        daemon.await("it knows of all", LONG, () -> daemon.status().images().mounted() == NAMES);
      }
      for (String name : names) {
        assertEquals(Site.IMAGE, site.versionHere(name));
      }
      unmountAll(List.of(one, two));
      System.out.println(
          "parties: round "
              + (round + 1)
              + " over "
              + NAMES
              + " names: each mounted exactly once; stacked for a moment so far: "
              + stacked);
    }
  }

  private Process commandLine(int round) throws IOException {
    Path output = site.scratch().resolve("command-" + round);
    String noDaemon = "run-dir=" + site.folder().resolve("run-of-no-daemon");
    return site.startCommandLine(output, "mount", "--all", "--set", noDaemon);
  }

  private Process mount8(int round) throws IOException {
    List<String> shuffled = new ArrayList<>(names);
    Collections.shuffle(shuffled, new Random(-1 - round));
    Path list = site.scratch().resolve("list-" + round);
    Files.write(
        list, shuffled.stream().map(name -> site.image(name) + " " + site.root(name)).toList());
    return ChildProcess.start(
        List.of("bash", "-c", MOUNT_8, "mount8", list.toString()),
        Map.of(),
        site.scratch().resolve("mount8-" + round));
  }

  private String output() {
    try (var files = Files.newDirectoryStream(site.scratch(), "command-*")) {
      StringBuilder all = new StringBuilder();
      for (Path file : files) {
        all.append(Files.readString(file));
      }
      return all.toString();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void unmountAll(List<DaemonProcess> daemons) {
    ChildProcess.run(
            String.join("\n", targets()), List.of("xargs", "-d", "\\n", "-n", "50", "umount", "-l"))
        .orFail();
    for (DaemonProcess daemon : daemons) {
      daemon.await(
          "it knows that all are gone", LONG, () -> daemon.status().images().mounted() == 0);
    }
  }

  private static long openLoops(long pid) throws IOException {
    long open = 0;
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          String file = Files.readSymbolicLink(descriptor).toString();
          open += file.startsWith("/dev/loop") ? 1 : 0;
        } catch (IOException closedMeanwhile) {
          // It is not open any more.
        }
      }
    }
    return open;
  }

  private List<String> targets() {
    return Kernel.mountsBelow(site.root()).stream().map(MountInfo::target).toList();
  }

  private Set<String> distinct() {
    return new HashSet<>(targets());
  }
}
