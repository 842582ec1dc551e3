package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.BadImages;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Mounts;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a mount: its image is replaced, it is idle, or its image file vanishes. */
class MountedImageEndIT extends KernelMounterFixture {
  @Test
  void replacedImageIsSwappedWithoutAGap() throws Exception {
    site.compiler("gcc");
    String old = mounter.mount(request("gcc")).device();
    try (ConcurrentReaders readers =
        new ConcurrentReaders(
            2, reader -> assertFalse(site.versionHere("gcc").equals(Site.ORIGINAL)))) {
      for (int i = 0; i < 20; i++) {
        site.image("gcc", Map.of("version", "image of day " + i + "\n"));
        readers.await(1);

        Mounter.Mounted now = mounter.mount(request("gcc"));

        assertFalse(now.adopted());
        assertFalse(now.device().equals(old));
        assertEquals("image of day " + i + "\n", site.versionHere("gcc"));
        assertEquals(1, site.mountsOn("gcc"));
        assertTrue(mounter.mount(request("gcc")).adopted());
        old = now.device();
      }
    }
  }

  @Test
  void openFileKeepsReadingTheReplacedImage() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      site.image("gcc", Map.of("version", "new image\n"));
      mounter.mount(request("gcc"));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  /** The NFS client renames an open file when it is deleted. */
  @Test
  void imageRenamedByNfsIsSwapped() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    Path image = site.image("gcc");
    Files.move(image, image.resolveSibling(".nfs000000000000362700000001"));
    site.image("gcc", Map.of("version", "new image\n"));

    mounter.mount(request("gcc"));

    assertEquals("new image\n", site.versionHere("gcc"));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void imageDeletedOnNfsIsUnmounted() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    Path image = site.image("gcc");
    Files.move(image, image.resolveSibling(".nfs000000000000362700000001"));

    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.expire(request("gcc"), true));
  }

  /** On NFS the deleted file may be stale, and the new one may have its inode number. */
  @Test
  void reusedInodeIsAnotherImage() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    Path image = site.image("gcc");
    Path aside = image.resolveSibling("aside");
    Files.createLink(aside, image);
    Files.delete(image);
    Files.move(aside, image);

    Mounter.Mounted now = mounter.mount(request("gcc"));

    assertFalse(now.adopted());
    assertFalse(now.device().equals(device));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertTrue(mounter.mount(request("gcc")).adopted(), "once is enough");
  }

  @Test
  void badReplacementLeavesTheOldImageMounted() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    Files.delete(site.image("gcc"));
    BadImages.CORRUPT.make(site, "gcc");

    Mounter.Mounted old = mounter.mount(request("gcc"));

    assertEquals(device, old.device());
    assertEquals(MountWarning.OUTDATED, old.warning());
    assertTrue(old.detail().contains("replaced by a bad one"), old.detail());
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
  }

  @Test
  void failedSwapKeepsTheOldImage() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    site.image("gcc", Map.of("version", "new image\n"));
    KernelMounter failing = mounter("mount.options=[\"cache_strategy=disabled\"]");

    MountFailure failure = assertThrows(MountFailure.class, () -> failing.mount(request("gcc")));

    assertEquals(MountFailure.Kind.UNCLEAR, failure.kind(), failure.getMessage());
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
  }

  @Test
  void imageWithAnotherSuffixIsSwapped() throws Exception {
    site.compiler("gcc");
    Path image = site.image("gcc");
    Path other = Files.move(image, image.resolveSibling("gcc.sqfs"));
    Mounter.Request old = new Mounter.Request("gcc", "gcc.sqfs", List.of());
    mounter.mount(old);
    site.image("gcc", Map.of("version", "new image\n"));

    assertEquals(
        Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false), "it is ours to unmount");
    Mounter.Mounted now = mounter.mount(request("gcc"));

    assertFalse(now.adopted());
    assertEquals("new image\n", site.versionHere("gcc"));
    assertEquals(1, site.mountsOn("gcc"));
    Files.delete(site.image("gcc"));
    assertTrue(Files.exists(other));
    mounter.mount(old);
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
  }

  /** The kernel keeps 63 bytes of the label of a loop device. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gcc",
        "a-compiler-whose-name-alone-is-longer-than-what-the-kernel-keeps-of-it-gcc-trunk"
      })
  void repointedSymlinkIsSwapped(String name) throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original(name);
    site.image("dated-1", Map.of("version", Site.IMAGE));
    site.image("dated-2", Map.of("version", "new image\n"));
    Files.createSymbolicLink(site.image(name), Path.of("dated-1.img"));
    mounter.mount(request(name));
    assertEquals(Site.IMAGE, site.versionHere(name));

    Files.delete(site.image(name));
    Files.createSymbolicLink(site.image(name), Path.of("dated-2.img"));

    assertEquals(MountWarning.OUTDATED, mounter.look(request(name)).orElseThrow().warning());
    assertFalse(mounter.mount(request(name)).adopted());
    assertEquals("new image\n", site.versionHere(name));
    assertEquals(1, site.mountsOn(name));
  }

  @Test
  void anotherImageIsForeignIfSymlinksAreAllowed() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.compiler("gcc");
    site.compiler("other");
    ChildProcess.run(
            "mount", "-o", "ro,loop", site.image("other").toString(), site.root("gcc").toString())
        .orFail();

    MountFailure failure = assertThrows(MountFailure.class, () -> mounter.mount(request("gcc")));

    assertTrue(failure.getMessage().contains("left alone"), failure.getMessage());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void anOldImageLeftOnTopOfTheNewOneIsTakenOff() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    site.image("gcc", Map.of("version", "new image\n"));
    // The state after a kill right after the new image was attached beneath the old one.
    Path images = site.image("gcc").getParent();
    try (ImageDirectory.Image image = new ImageDirectory(images.toString(), false).open("gcc.img");
        DetachedMount mount =
            DetachedMount.of(
                "gcc", image, List.of(), site.lockDir().toString(), new LoopDevices());
        Fd place = new MountPoint(site.root().toString(), "gcc").open()) {
      Mounts.attachBeneath(mount.fd(), place);
    }
    assertEquals(2, site.mountsOn("gcc"));

    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertEquals(1, site.mountsOn("gcc"));
    assertTrue(mounted.adopted());
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  /** A manual umount takes the old image off just before the daemon would. */
  @Test
  void swapDoesNotDetachTheNewImage() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    MountPoint target = new MountPoint(site.root().toString(), "gcc");
    long old = target.status().device();
    site.image("gcc", Map.of("version", "new image\n"));
    mounter.mount(request("gcc"));

    ImageSwap.detachOld(target, old);

    assertEquals(1, site.mountsOn("gcc"));
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void refreshSwapsAReplacedImage() throws Exception {
    site.compiler("gcc");
    assertEquals(Optional.empty(), mounter.refresh(request("gcc")));
    assertEquals(0, site.mountsOn("gcc"));
    mounter.mount(request("gcc"));
    assertTrue(mounter.refresh(request("gcc")).orElseThrow().isCurrent());
    site.image("gcc", Map.of("version", "new image\n"));

    Mounter.Mounted now = mounter.refresh(request("gcc")).orElseThrow();

    assertTrue(now.isCurrent());
    assertFalse(now.adopted());
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void aReplacedImageStaysWhileSomethingIsMountedInside() throws Exception {
    site.compiler("gcc");
    site.image("gcc", Map.of("inside/here", "x", "version", Site.IMAGE));
    String device = mounter.mount(request("gcc")).device();
    ChildProcess.run("mount", "-t", "tmpfs", "tmpfs", site.root("gcc/inside").toString());
    site.image("gcc", Map.of("version", "new image\n"));

    Mounter.Mounted old = mounter.mount(request("gcc"));

    assertEquals(device, old.device());
    assertEquals(MountWarning.OUTDATED, old.warning());
    assertTrue(old.detail().contains("mounted inside"), old.detail());
    assertEquals(1, site.mountsOn("gcc"));

    Mounts.detach(site.root("gcc/inside").toString());
    mounter.mount(request("gcc"));
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void unusedMountIsUnmountedByTheSecondExpiry() throws Exception {
    site.compiler("gcc");
    assertEquals(Mounter.Expiry.NOT_MOUNTED, mounter.expire(request("gcc"), false));
    mounter.mount(request("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), true));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.expire(request("gcc"), true));
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void mountInUseIsNotExpired() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      assertEquals(Mounter.Expiry.BUSY, mounter.expire(request("gcc"), false));
      assertEquals(Mounter.Expiry.BUSY, mounter.expire(request("gcc"), false));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void foreignMountIsNotExpired() throws Exception {
    site.compiler("gcc");
    ChildProcess.run("mount", "-t", "tmpfs", "tmpfs", site.root("gcc").toString());
    assertThrows(MountFailure.class, () -> mounter.expire(request("gcc"), false));
    assertThrows(MountFailure.class, () -> mounter.expire(request("gcc"), false));
    assertEquals(1, site.mountsOn("gcc"));
    Mounts.detach(site.root("gcc").toString());
  }

  @Test
  void markedMountThatWasUnmountedIsNotMounted() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    Mounts.detach(site.root("gcc").toString());
    assertEquals(Mounter.Expiry.NOT_MOUNTED, mounter.expire(request("gcc"), true));
  }

  @Test
  void foreignMountAfterTheMarkIsNotExpired() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    Mounts.detach(site.root("gcc").toString());
    ChildProcess.run("mount", "-t", "tmpfs", "tmpfs", site.root("gcc").toString()).orFail();
    for (int i = 0; i < 3; i++) {
      assertThrows(MountFailure.class, () -> mounter.expire(request("gcc"), true));
      assertEquals(1, site.mountsOn("gcc"));
    }
    Mounts.detach(site.root("gcc").toString());
  }

  @Test
  void renamedImageIsStillOurs() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    Path image = site.image("gcc");
    Files.move(image, image.resolveSibling("gcc.old"));

    mounter = mounter();
    assertTrue(mounter.look(request("gcc")).orElseThrow().isCurrent());
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
    assertEquals(0, site.mountsOn("gcc"));
  }

  @Test
  void imageRenamedAwayIsSwapped() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    Files.move(site.image("gcc"), site.scratch().resolve("gcc.old"));
    site.image("gcc", Map.of("version", "new image\n"));

    mounter = mounter();
    assertEquals(MountWarning.OUTDATED, mounter.look(request("gcc")).orElseThrow().warning());
    assertFalse(mounter.mount(request("gcc")).adopted());
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void imageThatVanishedStaysMounted() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    Files.delete(site.image("gcc"));
    Mounter.Mounted again = mounter.mount(request("gcc"));
    assertTrue(again.adopted());
    assertEquals(device, again.device());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void replacedOuterImageKeepsTheMountsInside() throws Exception {
    site.original("arm64", Map.of("version", Site.ORIGINAL, "gcc/version", Site.ORIGINAL));
    site.image("arm64", Map.of("version", Site.IMAGE, "gcc/version", "inside outer image\n"));
    site.image("arm64/gcc", Map.of("version", "inner image\n"));
    Mounter.Request outer = request("arm64", "arm64/gcc");
    mounter.mount(outer);
    mounter.mount(request("arm64/gcc"));
    site.image("arm64", Map.of("version", "new\n", "gcc/version", "inside new outer image\n"));

    try {
      mounter.mount(outer);
    } catch (MountFailure e) {
      assertEquals(MountFailure.Kind.OTHER, e.kind());
    }

    assertEquals("inner image\n", site.versionHere("arm64/gcc"));
    assertEquals(1, site.mountsOn("arm64"));
    assertEquals(1, site.mountsOn("arm64/gcc"));
  }
}
