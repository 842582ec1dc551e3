package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Namespace.Propagation;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.LingeringImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Images are listed while they are detached and busy, and only then. */
class LingeringImagesIT extends KernelMounterFixture {
  private final DaemonStatus status = new DaemonStatus();
  private LingeringImages lingering;
  private String device;

  /** A private namespace needs a mount point of its own to be made private. */
  @Override
  Site createSite() {
    return Site.createShared();
  }

  @BeforeEach
  void mount() throws Exception {
    lingering = new LingeringImages(status, site.images().toString());
    site.compiler("gcc");
    device = mounter.mount(request("gcc")).device();
  }

  /** The result of two scans in a row. */
  private List<String> found() throws IOException {
    lingering.look(MountInfo.read());
    return lingering.look(MountInfo.read()).stream().map(LingeringImage::device).toList();
  }

  private void awaitReleased() {
    Await.until("it does not linger any more", () -> found().isEmpty());
    Await.until(
        "its loop device is free",
        () -> !Kernel.loopsBelow(site.images()).containsKey(Integer.parseInt(device.substring(9))));
  }

  @Test
  void mountedImageDoesNotLinger() throws Exception {
    assertEquals(List.of(), found());
  }

  @Test
  void aReplacedImageLingersWhileAFileOfItIsOpen() throws Exception {
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      site.image("gcc", Map.of("version", "new image\n"));
      mounter.mount(request("gcc"));

      assertEquals(List.of(device), found());

      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    awaitReleased();
  }

  @Test
  void imageThatWeUnmountedLingersFromTheFirstScanOn() throws Exception {
    try (Namespace alone = Namespace.make(site, Propagation.PRIVATE)) {
      assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
      LingeringImage found = mounter.lingering(device).orElseThrow();
      assertEquals(site.image("gcc").toString(), found.image());
      status.lingers(found);
      assertEquals(List.of(found), lingering.look(MountInfo.read()));
    }
    awaitReleased();
  }

  @Test
  void imageThatNothingUsesDoesNotLinger() throws Exception {
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
    assertEquals(Optional.empty(), mounter.lingering(device));
  }

  /** As udev does. */
  @Test
  void deviceThatIsOpenForAMomentDoesNotMakeItsImageLinger() throws Exception {
    InputStream open = Files.newInputStream(Path.of(device));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
    assertEquals(Optional.empty(), LingeringImages.after(device, () -> close(open)));
  }

  @Test
  void deviceThatStaysOpenMakesItsImageLinger() throws Exception {
    AtomicInteger pauses = new AtomicInteger();
    try (InputStream open = Files.newInputStream(Path.of(device))) {
      assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
      Optional<LingeringImage> found = LingeringImages.after(device, pauses::incrementAndGet);
      assertEquals(Optional.of(device), found.map(LingeringImage::device));
      assertEquals(LingeringImages.LOOKS, pauses.get());
    }
    awaitReleased();
  }

  private static void close(InputStream open) {
    try {
      open.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anUnmountedImageLingersWhileAPrivateNamespaceHasIt() throws Exception {
    try (Namespace alone = Namespace.make(site, Propagation.PRIVATE)) {
      Await.until(
          "it is unmounted here",
          () -> mounter.expire(request("gcc"), true) == Mounter.Expiry.UNMOUNTED);
      assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
      assertEquals(Site.IMAGE, alone.run("cat", site.root("gcc/version").toString()).orFail());

      List<LingeringImage> first = lingering.look(MountInfo.read());
      assertEquals(List.of(), first, "a mount in progress looks the same once");
      assertEquals(List.of(device), found());

      // It can be mounted again meanwhile, from the same device.
      assertEquals(device, mounter.mount(request("gcc")).device());
      assertEquals(Site.IMAGE, site.versionHere("gcc"));
      assertEquals(List.of(), found());
      assertEquals(Mounter.Expiry.UNMOUNTED, mounter.unmount(request("gcc")));
    }
    awaitReleased();
  }
}
