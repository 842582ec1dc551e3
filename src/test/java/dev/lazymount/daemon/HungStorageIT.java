package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.FuseStorage;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Images on a storage that hangs and recovers. Those under {@code slow/} are on it, the others on a
 * working disk.
 */
class HungStorageIT {
  private static final int SLOTS = 3;

  private Site site;
  private FuseStorage storage;

  @BeforeEach
  void open() {
    site = Site.create();
  }

  @AfterEach
  void close() {
    if (storage != null) {
      storage.resume();
    }
    site.close();
    if (storage != null) {
      storage.close();
    }
  }

  /** A compiler whose image is on the storage. */
  private void slow(String name, Path image) throws IOException {
    site.original(name);
    storage.place(image, Path.of(name).getFileName() + ".img");
  }

  private Path goodImage() throws IOException {
    site.goodImage("template");
    return site.image("template");
  }

  private static void awaitStuck(DaemonProcess daemon, String name, String why) throws IOException {
    daemon.await(name + " is stuck", () -> daemon.state(name).equals(Optional.of("stuck")));
    String reason = daemon.line(name).orElseThrow().reason();
    assertTrue(reason.contains(why), reason);
  }

  @Test
  void hungStorageOpensTheCircuitAndRecovers() throws IOException {
    storage = FuseStorage.mount(site, site.images().resolve("slow"));
    Path image = goodImage();
    for (String name : List.of("slow/a", "slow/b", "slow/c", "slow/d")) {
      slow(name, image);
    }
    for (String name : List.of("one", "two", "three")) {
      site.compiler(name);
    }
    DaemonProcess daemon =
        site.start("mount.timeout=500ms", "mount.concurrency=" + SLOTS, "mount.retry=100ms");
    daemon.awaitImagesKnown();
    daemon.mount("three");
    long images = daemon.status().images().known();

    storage.stop();

    // Two of three mount threads hang: the third mounts images on the working disk.
    for (String name : List.of("slow/a", "slow/b")) {
      assertEquals(Site.ORIGINAL, site.version(name));
      awaitStuck(daemon, name, "storage has not responded");
    }
    assertNull(daemon.status().storageProblem());
    daemon.mount("one");
    assertEquals(Site.IMAGE, site.version("one"));
    daemon.await(
        "status shows that the scan hangs", () -> daemon.status().catalogProblem() != null);
    assertEquals(images, daemon.status().images().known());

    // The last one hangs: the circuit opens, the status shows it, and no mount is tried.
    assertEquals(Site.ORIGINAL, site.version("slow/c"));
    awaitStuck(daemon, "slow/c", "storage has not responded");
    daemon.await("the circuit is open", () -> daemon.status().storageProblem() != null);
    assertEquals(Site.ORIGINAL, site.version("slow/d"));
    assertEquals(Site.ORIGINAL, site.version("two"));
    StatusReport.Mount refused = daemon.refusal("two", () -> site.version("two"));
    assertEquals("unmounted", refused.state());
    assertTrue(refused.reason().contains("storage is not responding"), refused.reason());
    assertEquals(0, site.mountsOn("two"));
    assertEquals(SLOTS, daemon.status().images().stuck());
    assertEquals("ready", daemon.status().state());
    assertEquals(Site.IMAGE, site.version("three"));

    storage.resume();

    // No further access is needed.
    for (String name : List.of("slow/a", "slow/b", "slow/c", "slow/d", "two")) {
      daemon.awaitMounted(name);
      assertEquals(Site.IMAGE, site.version(name));
    }
    daemon.await("the circuit is closed", () -> daemon.status().storageProblem() == null);
    daemon.await("the scan has ended", () -> daemon.status().catalogProblem() == null);
    assertEquals(0, daemon.status().images().stuck());
    site.compiler("four");
    daemon.awaitImagesKnown();
    daemon.mount("four");
  }

  /** systemd would ask the storage about the path of each image. */
  @Test
  void hungRootIsDetachedWhenTheHostShutsDown() throws IOException {
    storage = FuseStorage.mount(site, site.root());
    for (String name : List.of("gcc", "clang")) {
      site.goodImage(name);
      Files.createDirectory(site.root().resolve(name));
      Files.writeString(site.root().resolve(name).resolve("version"), Site.ORIGINAL);
    }
    DaemonProcess daemon = site.start("mount.quiet-after-write=off");
    daemon.mount("gcc");
    daemon.mount("clang");
    storage.stop();

    new HungShutdown(site.root().toString(), new HostThatShutsDown()).run();

    assertEquals(List.of(), Kernel.mountsBelow(site.root()));
    assertEquals(0, Kernel.mountsOn(site.root()));
  }

  private static final class HostThatShutsDown extends HungShutdown.ThisHost {
    @Override
    public boolean shutsDown(Duration atMost) {
      return true;
    }
  }

  @Test
  void startsWhileTheStorageHangs() throws IOException {
    storage = FuseStorage.mount(site, site.images());
    Path image = site.imageOf(Map.of("version", Site.IMAGE));
    slow("gcc", image);
    storage.stop();

    DaemonProcess daemon = site.start("mount.timeout=500ms");

    daemon.await(
        "status shows that the scan hangs", () -> daemon.status().catalogProblem() != null);
    assertTrue(
        daemon.status().catalogProblem().contains("500 ms"), daemon.status()::catalogProblem);
    assertEquals(0, daemon.status().images().known());
    assertEquals(Site.ORIGINAL, site.version("gcc"));

    storage.resume();

    daemon.awaitMounted("gcc");
    assertEquals(Site.IMAGE, site.version("gcc"));
    assertNull(daemon.status().catalogProblem());
  }

  @Test
  void answersAndStopsWhileAllMountsHang() throws IOException {
    storage = FuseStorage.mount(site, site.images());
    Path image = site.imageOf(Map.of("version", Site.IMAGE));
    for (String name : List.of("a", "b", "mounted")) {
      slow(name, image);
    }
    DaemonProcess daemon =
        site.start("mount.timeout=500ms", "mount.concurrency=1", "idle.unmount-after=1s");
    daemon.awaitImagesKnown();
    daemon.mount("mounted");
    storage.stop();
    site.version("a");
    daemon.await("the circuit is open", () -> daemon.status().storageProblem() != null);
    site.version("b");

    ChildProcess.Result status = site.commandLine("status");

    assertTrue(status.orFail().contains("storage does not respond"), status.out());
    assertNotNull(daemon.status());
    daemon.terminate();
  }
}
