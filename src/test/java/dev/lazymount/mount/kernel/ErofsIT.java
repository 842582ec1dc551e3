package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Images of erofs: mounted without a loop device where the kernel reads the file itself (Linux
 * 6.12, if it is built so), and with one elsewhere.
 */
class ErofsIT extends KernelMounterFixture {
  private int count;

  @BeforeEach
  void compiler() throws IOException {
    site.original("gcc");
    erofs("gcc", Site.IMAGE);
  }

  private void erofs(String name, String version) throws IOException {
    Path tree = Files.createDirectories(site.scratch().resolve("tree-" + count));
    Files.writeString(tree.resolve("version"), version);
    Path image = site.scratch().resolve("erofs-" + count++);
    ChildProcess.run("mkfs.erofs", "-E", "legacy-compress", image.toString(), tree.toString())
        .orFail();
    Files.move(image, site.image(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether this kernel and the images' file system support it; then it must be used. */
  private boolean isDirect() throws IOException {
    return KernelVersion.running().compareTo(KernelVersion.parse("6.12")) >= 0
        && !Files.getFileStore(site.images()).type().equals("tmpfs");
  }

  private long loopDevices() {
    return Kernel.loopsBelow(site.images()).values().stream()
        .filter(file -> file.startsWith(site.images() + "/gcc"))
        .count();
  }

  @Test
  void isMountedWithoutALoopDeviceWhereTheKernelCan() throws Exception {
    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertFalse(mounted.adopted());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    MountInfo mount = Kernel.mountsBelow(site.root("gcc")).get(0);
    assertEquals("erofs", mount.fsType());
    assertEquals(isDirect() ? 0 : 1, loopDevices());
    assertEquals(isDirect(), mounted.device().startsWith("0:"), mounted.device());
    List<String> options = List.of(Kernel.optionsOn(site.root("gcc")).split(","));
    assertTrue(options.containsAll(List.of("ro", "nosuid", "nodev")), options.toString());
    try (Stream<Path> files = Files.list(site.lockDir())) {
      assertEquals(List.of(), files.filter(Files::isSymbolicLink).toList());
    }
  }

  @Test
  void isAdopted() throws Exception {
    Mounter.Mounted made = mounter.mount(request("gcc"));
    Mounter.Mounted again = mounter().mount(request("gcc"));
    assertTrue(again.adopted());
    assertEquals(made.device(), again.device());
    assertEquals(made.generation(), again.generation());
    assertEquals(Optional.of(again), mounter.look(request("gcc")));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void isSuspectOnlyIfReplacedOrUnmounted() throws Exception {
    Mounter.Mounted mounted = mounter.mount(request("gcc"));
    DaemonStatus status = new DaemonStatus();
    status
        .mounts()
        .put(
            MountStatus.of("gcc", site.image("gcc").toString(), site.root("gcc").toString())
                .mounted(Instant.now(), mounted.device(), 1.0, null, null)
                .build());
    Reconcile reconcile = new Reconcile(status, settings());

    assertFalse(reconcile.suspects().contains("gcc"));
    erofs("gcc", "new image\n");
    assertTrue(reconcile.suspects().contains("gcc"));
    Mounts.detach(site.root("gcc").toString());
    assertTrue(reconcile.suspects().contains("gcc"));
  }

  private Settings settings() {
    return SettingsLoader.load(
        Optional.empty(), List.of("root=" + site.root(), "images=" + site.images()));
  }

  @Test
  void isSwappedWhileOpenFilesReadTheOldImage() throws Exception {
    mounter.mount(request("gcc"));
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      erofs("gcc", "new image\n");
      Mounter.Mounted now = mounter.mount(request("gcc"));
      assertFalse(now.adopted());
      assertEquals("new image\n", site.versionHere("gcc"));
      assertEquals(1, site.mountsOn("gcc"));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertTrue(mounter.mount(request("gcc")).adopted());
    // And by one of another kind.
    site.goodImage("gcc");
    mounter.mount(request("gcc"));
    assertEquals("squashfs", Kernel.mountsBelow(site.root("gcc")).get(0).fsType());
    erofs("gcc", "erofs again\n");
    mounter.mount(request("gcc"));
    assertEquals("erofs again\n", site.versionHere("gcc"));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void anOldImageLeftOnTopOfTheNewOneIsTakenOff() throws Exception {
    mounter.mount(request("gcc"));
    erofs("gcc", "new image\n");
    try (ImageDirectory.Image image =
            new ImageDirectory(site.images().toString(), false).open("gcc.img");
        DetachedMount mount =
            DetachedMount.of(
                "gcc", image, List.of(), site.lockDir().toString(), new LoopDevices());
        Fd place = new MountPoint(site.root().toString(), "gcc").open()) {
      Mounts.attachBeneath(mount.fd(), place);
    }
    assertEquals(2, site.mountsOn("gcc"));

    assertTrue(mounter.mount(request("gcc")).adopted());

    assertEquals(1, site.mountsOn("gcc"));
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void anotherImageOnTheTargetIsLeftAlone() throws Exception {
    site.original("other");
    erofs("other", "other image\n");
    mounter.mount(request("other"));
    ChildProcess.run("mount", "--bind", site.root("other").toString(), site.root("gcc").toString())
        .orFail();

    MountFailure failure = assertThrows(MountFailure.class, () -> mounter.mount(request("gcc")));

    assertTrue(failure.getMessage().contains("left alone"), failure.getMessage());
    assertEquals(1, site.mountsOn("gcc"));
    Mounts.detach(site.root("gcc").toString());
  }

  /** mount(8) makes a loop device, or none if it and the kernel are new enough. */
  @Test
  void secondMountIsSuspectAndDetached() throws Exception {
    Mounter.Mounted mounted = mounter.mount(request("gcc"));
    String loop =
        ChildProcess.run("losetup", "-r", "--show", "-f", site.image("gcc").toString())
            .orFail()
            .strip();
    ChildProcess.run("mount", "-t", "erofs", "-o", "ro", loop, site.root("gcc").toString())
        .orFail();
    ChildProcess.run("losetup", "-d", loop).orFail();
    assertEquals(2, site.mountsOn("gcc"));

    assertTrue(new Reconcile(new DaemonStatus(), settings()).suspects().contains("gcc"));
    assertEquals(MountWarning.STACKED, mounter.look(request("gcc")).orElseThrow().warning());
    assertEquals(mounted.device(), mounter.mount(request("gcc")).device());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void isFoundByAnotherProcess() throws Exception {
    mounter.mount(request("gcc"));
    assertTrue(new Reconcile(new DaemonStatus(), settings()).suspects().contains("gcc"));
    assertEquals(
        List.of("gcc.img", "warm-up.img"),
        MountedImages.below(settings()).stream().map(MountedImages.Image::file).sorted().toList());
  }

  @Test
  void staysWithoutItsFileAndIsUnmountedWhenIdle() throws Exception {
    mounter.mount(request("gcc"));
    Files.delete(site.image("gcc"));
    assertTrue(mounter.mount(request("gcc")).adopted());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.expire(request("gcc"), true));
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  /** tmpfs reads no folios for others (shmem_aops has no read_folio), which erofs would need. */
  @Test
  void isMountedByALoopDeviceOnTmpfs() throws Exception {
    Path memory = Files.createDirectories(site.images().resolve("memory"));
    ChildProcess.run("mount", "-t", "tmpfs", "tmpfs", memory.toString()).orFail();
    Files.copy(site.image("gcc"), memory.resolve("gcc.img"));
    site.original("memory/gcc");

    Mounter.Mounted mounted = mounter.mount(request("memory/gcc"));

    assertTrue(mounted.device().startsWith("/dev/loop"), mounted.device());
    assertEquals("erofs", Kernel.mountsBelow(site.root("memory/gcc")).get(0).fsType());
    assertEquals(Site.IMAGE, site.versionHere("memory/gcc"));
    assertTrue(mounter.mount(request("memory/gcc")).adopted());
  }
}
