package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Namespace.Propagation;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Mount namespaces made before the first mount: a slave of ours sees the images, a private one
 * keeps the original directories, and readers in both never get an error.
 */
class NamespaceIT extends KernelMounterFixture {
  private Namespace slave;
  private Namespace alone;

  @Override
  Site createSite() {
    return Site.createShared();
  }

  @BeforeEach
  void makeNamespaces() throws IOException {
    site.compiler("gcc");
    slave = Namespace.make(site, Propagation.SLAVE);
    alone = Namespace.make(site, Propagation.PRIVATE);
  }

  @AfterEach
  void endNamespaces() {
    slave.close();
    alone.close();
  }

  private String versionIn(Namespace namespace) {
    return namespace.run("cat", site.root("gcc/version").toString()).orFail();
  }

  /** A process that reads in a loop; collects each distinct result or error. */
  private final class Reader implements AutoCloseable {
    private final Path output;
    private final Path end;
    private final Process process;

    Reader(Namespace namespace, String name) throws IOException {
      output = site.scratch().resolve(name + ".out");
      end = site.scratch().resolve(name + ".end");
      process =
          namespace.start(
              output,
              "sh",
              "-c",
              "while [ ! -e " + end + " ]; do cat " + site.root("gcc/version") + "; done");
      Await.until("it reads", () -> Files.size(output) > 0);
    }

    /** Ends it. */
    Set<String> seen() throws IOException {
      close();
      return new TreeSet<>(Files.readAllLines(output).stream().map(line -> line + "\n").toList());
    }

    @Override
    public void close() throws IOException {
      Files.writeString(end, "");
      Await.until("the reader has ended", () -> !process.isAlive());
    }
  }

  @Test
  void aSlaveSeesTheImageAndAPrivateOneKeepsTheOriginalWithoutAnErrorThroughout() throws Exception {
    try (Reader inSlave = new Reader(slave, "slave");
        Reader inPrivate = new Reader(alone, "private")) {
      mounter.mount(request("gcc"));
      assertEquals(Site.IMAGE, versionIn(slave));
      assertEquals(Site.ORIGINAL, versionIn(alone));

      site.image("gcc", Map.of("version", "new image\n"));
      mounter.mount(request("gcc"));
      assertEquals("new image\n", versionIn(slave));
      assertEquals("new image\n", site.versionHere("gcc"));
      assertEquals(Site.ORIGINAL, versionIn(alone));
      assertEquals(1, site.mountsOn("gcc"));
      assertEquals(1, mountsIn(slave));
      assertEquals(0, mountsIn(alone));

      Await.until(
          "it is idle for a moment",
          () -> mounter.expire(request("gcc"), true) == Mounter.Expiry.UNMOUNTED);
      assertEquals(Site.ORIGINAL, versionIn(slave));
      assertEquals(0, mountsIn(slave));

      assertEquals(Set.of(Site.ORIGINAL), inPrivate.seen());
      Set<String> seen = inSlave.seen();
      assertTrue(Set.of(Site.ORIGINAL, Site.IMAGE, "new image\n").containsAll(seen), seen + "");
    }
  }

  @Test
  void whatASlaveUsesIsNotExpired() throws Exception {
    mounter.mount(request("gcc"));
    Process user =
        slave.start(
            site.scratch().resolve("user.log"),
            "sh",
            "-c",
            "echo open; exec sleep 600 <" + site.root("gcc/version"));
    try {
      Await.until(
          "the file is open",
          () ->
              Files.isSameFile(Path.of("/proc/" + user.pid() + "/fd/0"), site.root("gcc/version")));
      assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
      assertEquals(Mounter.Expiry.BUSY, mounter.expire(request("gcc"), true));
      assertEquals(1, site.mountsOn("gcc"));
    } finally {
      user.destroyForcibly();
    }
    Await.until(
        "it is unmounted once it is unused",
        () -> mounter.expire(request("gcc"), true) == Mounter.Expiry.UNMOUNTED);
  }

  @Test
  void mountOfARenamedDirectoryIsUnmounted() throws Exception {
    mounter.mount(request("gcc"));
    rename();
    assertEquals(1, site.mountsOn("gcc.bak"));

    assertEquals(Optional.empty(), mounter.refresh(request("gcc")));
    Mounter.Displaced displaced = mounter.displaced(request("gcc")).orElseThrow();

    assertTrue(displaced.reason().contains(site.root("gcc.bak") + " with its mount"));
    assertFalse(displaced.isMounted());
    assertEquals(0, site.mountsOn("gcc.bak"));
    assertFalse(mounter.mount(request("gcc")).adopted());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(Optional.empty(), mounter.displaced(request("gcc")));
  }

  @Test
  void mountOfARenamedDirectoryStaysWhileItIsUsed() throws Exception {
    mounter.mount(request("gcc"));
    rename();
    try (InputStream open = Files.newInputStream(site.root("gcc.bak/version"))) {
      assertTrue(mounter.displaced(request("gcc")).orElseThrow().isMounted());

      Mounter.Mounted now = mounter.mount(request("gcc"));

      assertEquals(MountWarning.DISPLACED, now.warning());
      assertTrue(now.detail().contains("gcc.bak"), now.detail());
      assertEquals(1, site.mountsOn("gcc.bak"));
      assertEquals(MountWarning.DISPLACED, mounter.refresh(request("gcc")).orElseThrow().warning());
    }
    assertEquals(MountWarning.NONE, mounter.refresh(request("gcc")).orElseThrow().warning());
    assertEquals(0, site.mountsOn("gcc.bak"));
    assertEquals(1, site.mountsOn("gcc"));
  }

  /** Another process mounted the same image elsewhere, maybe by the same device. */
  @Test
  void unmountedImageIsNotTakenForARenamedOne() throws Exception {
    mounter.mount(request("gcc"));
    Files.createDirectories(site.root("mine"));
    ChildProcess.run("mount", "-o", "ro,loop", site.image("gcc") + "", site.root("mine") + "")
        .orFail();
    ChildProcess.run("umount", site.root("gcc") + "").orFail();
    assertEquals(Optional.empty(), mounter.displaced(request("gcc")));
    assertEquals(1, site.mountsOn("mine"));
  }

  /** The kernel gives the lowest free id, and mount(8) the lowest free loop device. */
  @Test
  void mountOfAnotherImageWithTheSameIdAndDeviceIsLeftAlone() throws Exception {
    String device = mounter.mount(request("gcc")).device();
    int id = mountOn("gcc").id();
    ChildProcess.run("umount", site.root("gcc") + "").orFail();
    int minor = LoopDevice.minor(device).orElseThrow();
    Await.until("the device is free", () -> LoopDevice.BackingPath.of(minor).path().isEmpty());
    site.compiler("clang");
    ChildProcess.run("losetup", "-r", device, site.image("clang") + "").orFail();
    try {
      List<String> others = new ArrayList<>();
      do {
        others.add("other-" + others.size());
        Path directory = Files.createDirectories(site.root(others.get(others.size() - 1)));
        ChildProcess.run("mount", "-o", "ro", device, directory + "").orFail();
      } while (mountOn(others.get(others.size() - 1)).id() != id && others.size() < 200);
      assertEquals(id, mountOn(others.get(others.size() - 1)).id());

      assertEquals(Optional.empty(), mounter.displaced(request("gcc")));
      for (String other : others) {
        assertEquals(1, site.mountsOn(other));
        ChildProcess.run("umount", site.root(other) + "").orFail();
      }
    } finally {
      ChildProcess.run("losetup", "-d", device);
    }
  }

  private MountInfo mountOn(String name) throws IOException {
    String target = site.root(name).toString();
    return MountInfo.read().stream()
        .filter(mount -> mount.target().equals(target))
        .findFirst()
        .orElseThrow();
  }

  /** As a process does that does not see the mount. */
  private void rename() {
    String gcc = site.root("gcc").toString();
    String script = "mv " + gcc + " " + gcc + ".bak && cp -r " + gcc + ".bak " + gcc;
    alone.run("sh", "-c", script).orFail();
  }

  private long mountsIn(Namespace namespace) {
    String target = " " + site.root("gcc") + " ";
    return namespace
        .run("cat", "/proc/self/mountinfo")
        .orFail()
        .lines()
        .filter(line -> line.contains(target))
        .count();
  }

  @Test
  void slaveSeesASwapWithoutAGap() throws Exception {
    mounter.mount(request("gcc"));
    try (Reader inSlave = new Reader(slave, "slave")) {
      for (int i = 0; i < 20; i++) {
        site.image("gcc", Map.of("version", "image of day " + i + "\n"));
        mounter.mount(request("gcc"));
        assertEquals("image of day " + i + "\n", versionIn(slave));
      }
      Set<String> seen = inSlave.seen();
      assertTrue(seen.stream().allMatch(version -> version.startsWith("image")), "a gap: " + seen);
    }
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(1, mountsIn(slave));
    // Where udev runs, it may have one open for a moment.
    Await.until(
        "only the newest image has a loop device",
        Await.PATIENCE,
        () -> loopsOfGcc().equals(List.of(site.image("gcc").toString())),
        () -> loopsOfGcc().toString());
  }

  private List<String> loopsOfGcc() {
    return Kernel.loopsBelow(site.images()).values().stream()
        .filter(file -> file.contains("/gcc.img"))
        .toList();
  }
}
