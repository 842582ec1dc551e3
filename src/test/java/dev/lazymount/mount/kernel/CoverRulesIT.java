package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Site;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** An image and the directory that it would cover: who may read it, and which of them is newer. */
class CoverRulesIT extends KernelMounterFixture {
  private static final Instant OLD = Instant.parse("2026-01-02T03:04:05Z");

  @Test
  void imageThatLocksOutReadersIsRefused() throws Exception {
    site.original("gcc");
    closedImage("gcc");

    MountFailure failure = refused(request("gcc"));

    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("(mode 0700, owner 0, group 0)"), message(failure));
    assertTrue(failure.getMessage().contains("(mode 0755, owner 0, group 0)"), message(failure));
    assertEquals(mounter.generation(request("gcc")), failure.generation());
    assertEquals(mounter.covered(request("gcc")), failure.covered());
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void closedDirectoryTakesAClosedImage() throws Exception {
    site.original("gcc");
    closedImage("gcc");
    MountFailure failure = refused(request("gcc"));

    chmod(site.root("gcc"), "rwx------");

    assertNotEquals(mounter.covered(request("gcc")), failure.covered());
    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void replacementThatLocksOutReadersLeavesTheOldImage() throws Exception {
    for (String name : new String[] {"gcc", "arm64/gcc"}) {
      site.compiler(name);
      String device = mounter.mount(request(name)).device();
      closedImage(name);

      Mounter.Mounted old = mounter.mount(request(name));

      assertEquals(MountWarning.OUTDATED, old.warning());
      assertTrue(old.detail().contains("mode 0700"), old.detail());
      assertTrue(old.detail().contains("mode 0755"), old.detail());
      assertEquals(device, old.device());
      assertEquals(1, site.mountsOn(name));
      assertEquals(Site.IMAGE, site.versionHere(name));
    }
  }

  @Test
  void replacementIsComparedWithTheDirectoryBelowTheMount() throws Exception {
    site.original("gcc");
    chmod(site.root("gcc"), "rwx------");
    site.goodImage("gcc");
    mounter.mount(request("gcc"));
    closedImage("gcc");

    assertTrue(mounter.mount(request("gcc")).isCurrent());
  }

  @Test
  void olderImageIsMountedWithAWarning() throws Exception {
    site.original("gcc");
    oldImage("gcc");

    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertEquals(MountWarning.NEWER_DIRECTORY, mounted.warning());
    assertTrue(mounted.detail().contains("image " + OLD), mounted.detail());
    assertTrue(mounted.detail().contains("lazymount verify gcc"), mounted.detail());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(MountWarning.NEWER_DIRECTORY, mounter.mount(request("gcc")).warning());
    assertEquals(MountWarning.NEWER_DIRECTORY, mounter.look(request("gcc")).get().warning());
    assertEquals(MountWarning.NEWER_DIRECTORY, mounter.refresh(request("gcc")).get().warning());
  }

  @Test
  void newerReplacementEndsTheWarning() throws Exception {
    site.original("gcc");
    oldImage("gcc");
    mounter.mount(request("gcc"));
    site.goodImage("gcc");
    assertEquals(MountWarning.NONE, mounter.mount(request("gcc")).warning());
  }

  @Test
  void olderImageIsRefusedIfSoSet() throws Exception {
    mounter = mounter("mount.newer-directory=refuse");
    site.original("gcc");
    oldImage("gcc");

    MountFailure failure = refused(request("gcc"));

    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("newer than its image"), message(failure));
    assertEquals(mounter.covered(request("gcc")), failure.covered());

    Files.setLastModifiedTime(site.root("gcc"), FileTime.from(OLD));
    assertNotEquals(mounter.covered(request("gcc")), failure.covered());
    assertEquals(MountWarning.NONE, mounter.mount(request("gcc")).warning());
  }

  @Test
  void olderReplacementIsRefusedIfSoSet() throws Exception {
    mounter = mounter("mount.newer-directory=refuse");
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    oldImage("gcc");

    Mounter.Mounted old = mounter.mount(request("gcc"));

    assertEquals(MountWarning.OUTDATED, old.warning());
    assertEquals(device, old.device());
  }

  @Test
  void timesAreNotComparedIfSoSet() throws Exception {
    mounter = mounter("mount.newer-directory=ignore");
    site.original("gcc");
    oldImage("gcc");
    assertEquals(MountWarning.NONE, mounter.mount(request("gcc")).warning());
    assertEquals(MountWarning.NONE, mounter.look(request("gcc")).get().warning());
  }

  /** An image built from a private directory. */
  private void closedImage(String name) throws IOException {
    Path directory = directory(name);
    chmod(directory, "rwx------");
    site.place(site.imageOf(directory), name);
  }

  private void oldImage(String name) throws IOException {
    Path directory = directory(name);
    Files.setLastModifiedTime(directory, FileTime.from(OLD));
    site.place(site.imageOf(directory), name);
  }

  private Path directory(String name) throws IOException {
    Path directory = site.scratch().resolve("of-" + name.replace('/', '-'));
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("version"), Site.IMAGE);
    Files.setLastModifiedTime(directory, FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    return directory;
  }

  private static void chmod(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static String message(MountFailure failure) {
    return failure.getMessage();
  }
}
