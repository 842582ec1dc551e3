package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.BadImages;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.LockHolder;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Mounts, their options, and what is refused and why. */
class KernelMounterIT extends KernelMounterFixture {
  @Test
  void mountIsReadOnlyWithoutSetUserIdAndDevices() throws Exception {
    site.compiler("gcc");

    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertFalse(mounted.adopted());
    List<String> options = List.of(Kernel.optionsOn(site.root("gcc")).split(","));
    assertTrue(options.containsAll(List.of("ro", "nosuid", "nodev")), options.toString());
    MountInfo mount = Kernel.mountsBelow(site.root("gcc")).get(0);
    assertEquals("squashfs", mount.fsType());
    assertEquals(mounted.device(), mount.source());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertThrows(
        IOException.class, () -> Files.writeString(site.root("gcc/new"), "must not be written"));
  }

  @Test
  void loopDeviceIsReadOnlyAndGoesWithItsMount() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    String loop = Path.of(device).getFileName().toString();
    assertEquals("1", Files.readString(Path.of("/sys/block", loop, "ro")).strip());
    assertEquals("1", Files.readString(Path.of("/sys/block", loop, "loop/autoclear")).strip());

    ChildProcess.run("umount", site.root("gcc").toString()).orFail();

    Await.until(
        "the loop device is free",
        () -> !Kernel.loopsBelow(site.folder()).containsValue(site.image("gcc").toString()));
  }

  @Test
  void mountOptionsOfTheSettingsReachTheKernel() throws Exception {
    site.compiler("gcc");
    mounter = mounter("mount.options=[\"errors=panic\"]");
    mounter.mount(request("gcc"));
    String line =
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
            .filter(mount -> mount.contains(" " + site.root("gcc") + " "))
            .findFirst()
            .orElseThrow();
    assertTrue(line.endsWith("errors=panic"), line);
  }

  @Test
  void unknownMountOptionIsNotBadImage() throws Exception {
    site.compiler("gcc");
    mounter = mounter("mount.options=[\"cache_strategy=disabled\"]");
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.OTHER, failure.kind());
    assertTrue(failure.getMessage().contains("cache_strategy"), failure.getMessage());
  }

  @ParameterizedTest
  @EnumSource(BadImages.class)
  void badImageIsRefusedAndLeavesNothing(BadImages bad) throws Exception {
    site.original("gcc");
    bad.make(site, "gcc");

    MountFailure failure = refused(request("gcc"));

    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind(), failure.getMessage());
    assertTrue(failure.getMessage().contains(bad.reason()), failure.getMessage());
    assertTrue(failure.getMessage().contains(site.image("gcc").toString()), failure.getMessage());
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void badImageIsKnownByItsGeneration() throws Exception {
    site.original("gcc");
    BadImages.EMPTY.make(site, "gcc");
    MountFailure failure = refused(request("gcc"));
    assertEquals(mounter.generation(request("gcc")), failure.generation());

    site.goodImage("gcc");

    assertFalse(mounter.generation(request("gcc")).equals(failure.generation()));
    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void symlinkedImageIsMountedWhereThatIsAllowed() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original("gcc");
    BadImages.SYMLINK_INSIDE.make(site, "gcc");
    assertFalse(mounter.mount(request("gcc")).adopted());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(mounter.mount(request("gcc")).adopted(), true);
  }

  @Test
  void symlinkOutOfTheImageDirectoryIsAlwaysRefused() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original("gcc");
    BadImages.SYMLINK_OUTSIDE.make(site, "gcc");
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("leads out of"), failure.getMessage());
  }

  @Test
  void missingImageIsRefused() throws Exception {
    site.original("gcc");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOENT"));
  }

  @Test
  void missingTargetIsRefusedAndNotMade() throws Exception {
    site.goodImage("gcc");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOENT"));
    assertFalse(Files.exists(site.root("gcc")));
  }

  @Test
  void targetThatIsAFileIsRefused() throws Exception {
    site.goodImage("gcc");
    Files.writeString(site.root("gcc"), "a file");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOTDIR"));
  }

  @Test
  void symlinkIsNeverMountedOver() throws Exception {
    Path outside = Files.createDirectories(site.scratch().resolve("outside/gcc"));
    site.goodImage("gcc");
    Files.createSymbolicLink(site.root("gcc"), outside);
    site.original("real");
    site.goodImage("inside");
    Files.createSymbolicLink(site.root("inside"), Path.of("real"));
    site.goodImage("way/gcc");
    Files.createSymbolicLink(site.root("way"), outside.getParent());

    for (String name : List.of("gcc", "inside", "way/gcc")) {
      String reason = refused(request(name)).getMessage();
      assertTrue(reason.contains("ELOOP") || reason.contains("ENOTDIR"), reason);
      assertTrue(reason.contains(" is a symlink to "), reason);
    }

    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
    assertEquals(0, site.mountsOn("real"));
  }

  @Test
  void nameThatLeadsOutOfTheRootIsRefused() throws Exception {
    Files.createDirectories(site.scratch().resolve("gcc"));
    site.goodImage("gcc");
    assertTrue(
        assertThrows(
                MountFailure.class,
                () -> mounter.mount(new Mounter.Request("../scratch/gcc", "gcc.img", List.of())))
            .getMessage()
            .contains("EXDEV"));
    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
  }

  @Test
  void foreignMountIsLeftAlone() throws Exception {
    site.compiler("gcc");
    ChildProcess.run("mount", "-t", "tmpfs", "foreign", site.root("gcc").toString()).orFail();

    MountFailure mount = assertThrows(MountFailure.class, () -> mounter.mount(request("gcc")));
    MountFailure look = assertThrows(MountFailure.class, () -> mounter.look(request("gcc")));

    for (MountFailure failure : List.of(mount, look)) {
      assertEquals(MountFailure.Kind.OTHER, failure.kind());
      assertTrue(failure.getMessage().contains("left alone"), failure.getMessage());
    }
    assertEquals("tmpfs", Kernel.mountsBelow(site.root("gcc")).get(0).fsType());
    assertEquals(1, site.mountsOn("gcc"));
    ChildProcess.run("umount", site.root("gcc").toString()).orFail();
  }

  @Test
  void anotherImageOnTheTargetIsLeftAlone() throws Exception {
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
  void mountOfTheSameImageIsAdopted() throws Exception {
    site.compiler("gcc");
    assertEquals(Optional.empty(), mounter.look(request("gcc")));
    String device = mounter.mount(request("gcc")).device();

    Mounter.Mounted again = mounter.mount(request("gcc"));
    assertEquals(device, again.device());
    assertTrue(again.adopted());
    assertEquals(Optional.of(again), mounter.look(request("gcc")));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void mountMadeByMount8IsAdopted() throws Exception {
    site.compiler("gcc");
    ChildProcess.run(
            "mount", "-o", "ro,loop", site.image("gcc").toString(), site.root("gcc").toString())
        .orFail();
    assertTrue(mounter.mount(request("gcc")).adopted());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void outerImageDoesNotHideMountsInside() throws Exception {
    site.compiler("arm64/gcc");
    site.compiler("arm64");
    mounter.mount(request("arm64/gcc"));

    MountFailure failure = refused(request("arm64", "arm64/gcc"));

    assertEquals(MountFailure.Kind.OTHER, failure.kind());
    assertTrue(failure.getMessage().contains("would be hidden"), failure.getMessage());
    assertEquals(Site.IMAGE, site.versionHere("arm64/gcc"));
  }

  @Test
  void lockOfAnotherProcessIsRespected() throws Exception {
    site.compiler("arm64/gcc");
    try (LockHolder other = LockHolder.take(site.lockDir().resolve("arm64%2Fgcc.lock"))) {
      assertEquals(MountFailure.Kind.LOCKED, refused(request("arm64/gcc")).kind());
    }
    assertFalse(mounter.mount(request("arm64/gcc")).adopted());
  }

  @Test
  void rehearsalAttachesNothing() throws Exception {
    site.compiler("gcc");
    mounter.rehearse(request("gcc"));
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void emptyImageIsRefused() throws Exception {
    site.original("gcc");
    site.image("gcc", Map.of());
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("an empty file system"), failure.getMessage());
  }
}
