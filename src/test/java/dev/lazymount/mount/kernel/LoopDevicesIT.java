package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** One image file, one loop device. */
class LoopDevicesIT extends KernelMounterFixture {
  @Test
  void twoHardLinksOfOneImageShareADevice() throws Exception {
    hardLinks();
    String device = mounter.mount(request("a")).device();
    Mounter.Mounted second = mounter.mount(request("b"));

    assertFalse(second.adopted());
    assertEquals(device, second.device());
    assertEquals(Site.IMAGE, site.versionHere("b"));
    assertEquals(
        Files.getAttribute(site.root("a"), "unix:dev"),
        Files.getAttribute(site.root("b"), "unix:dev"));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("a")));
    assertEquals(Site.IMAGE, site.versionHere("b"));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("b")));
  }

  @Test
  void namesThatAreAttachedAtOnceShareADevice() throws Exception {
    site.goodImage("x");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 20; round++) {
        LoopDevices devices = new LoopDevices();
        CyclicBarrier together = new CyclicBarrier(4);
        List<Future<LoopDevice>> attached =
            threads.invokeAll(
                Collections.<Callable<LoopDevice>>nCopies(4, () -> attach(devices, together)));
        Set<String> paths = new TreeSet<>();
        for (Future<LoopDevice> device : attached) {
          paths.add(device.get().path());
        }
        for (Future<LoopDevice> device : attached) {
          device.get().close();
        }
        assertEquals(1, paths.size(), paths.toString());
      }
    } finally {
      threads.shutdown();
    }
  }

  private LoopDevice attach(LoopDevices devices, CyclicBarrier together) throws Exception {
    ImageDirectory images = new ImageDirectory(site.images().toString(), false);
    try (ImageDirectory.Image image = images.open("x.img")) {
      together.await();
      return devices.attach("x", image);
    }
  }

  @Test
  void deviceOfAnAdoptedMountIsShared() throws Exception {
    hardLinks();
    String device = mounter.mount(request("a")).device();
    mounter = mounter();
    assertTrue(mounter.mount(request("a")).adopted());
    assertEquals(device, mounter.mount(request("b")).device());
    mounter = mounter();
    assertTrue(mounter.mount(request("b")).adopted());
  }

  @Test
  void repointedSymlinkOfASharedDeviceIsSwapped() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original("a");
    site.original("b");
    site.image("x", Map.of("version", Site.IMAGE));
    site.image("y", Map.of("version", "new image\n"));
    Files.createSymbolicLink(site.image("a"), Path.of("x.img"));
    Files.createSymbolicLink(site.image("b"), Path.of("x.img"));
    assertEquals(mounter.mount(request("a")).device(), mounter.mount(request("b")).device());

    Files.delete(site.image("b"));
    Files.createSymbolicLink(site.image("b"), Path.of("y.img"));

    assertEquals(MountWarning.OUTDATED, mounter.look(request("b")).orElseThrow().warning());
    assertFalse(mounter.mount(request("b")).adopted());
    assertEquals("new image\n", site.versionHere("b"));
    assertEquals(Site.IMAGE, site.versionHere("a"));
    assertEquals(1, site.mountsOn("b"));
  }

  @Test
  void imageInUseKeepsItsDeviceForTheNextMount() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      Mounts.detach(site.root("gcc").toString());
      assertEquals(device, mounter.mount(request("gcc")).device());
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void changedFileGetsAnotherDevice() throws Exception {
    hardLinks();
    String device = mounter.mount(request("a")).device();
    Files.setLastModifiedTime(site.image("b"), FileTime.from(Instant.EPOCH));
    assertNotEquals(device, mounter.mount(request("b")).device());
  }

  @Test
  void writableDeviceIsNotShared() throws Exception {
    hardLinks();
    ChildProcess.run(
            "mount", "-t", "squashfs", "-o", "loop", site.image("a") + "", site.root("a") + "")
        .orFail();
    String device = mounter.mount(request("a")).device();
    String read = Files.readString(Path.of("/sys/block", device.substring(5), "ro")).strip();
    assertEquals("0", read, "the device is writable");
    assertNotEquals(device, mounter.mount(request("b")).device());
    assertEquals(2, Kernel.loopsBelow(site.images()).values().stream().filter(this::isA).count());
  }

  private boolean isA(String file) {
    return file.equals(site.image("a") + "") || file.equals(site.image("b") + "");
  }

  private void hardLinks() throws IOException {
    site.compiler("a");
    site.original("b");
    Files.createLink(site.image("b"), site.image("a"));
  }
}
