package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mounted image: idle expiry, replacement, deletion, and changes made by others. */
class MountedImageIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
  }

  @AfterEach
  void nothingLeaks() {
    site.close();
  }

  private DaemonProcess startWith(String... settings) throws IOException {
    DaemonProcess daemon = site.start(settings);
    daemon.mount("gcc");
    return daemon;
  }

  @Test
  void idleImageIsUnmountedAndMountedAgain() throws IOException {
    DaemonProcess daemon = startWith("trace.program=resolved", "idle.unmount-after=1s");
    Await.until("it is unmounted", () -> site.mountsOn("gcc") == 0);
    daemon.await("status shows it", () -> daemon.state("gcc").equals(Optional.of("unmounted")));
    assertTrue(daemon.line("gcc").orElseThrow().reason().contains("unused for"));
    assertEquals(Site.ORIGINAL, site.version("gcc"));
    daemon.awaitMounted("gcc");
  }

  @Test
  void imageInUseIsNotUnmounted() throws IOException {
    // Created before the first mount, which expires a second later unless it is opened.
    site.compiler("other");
    DaemonProcess daemon = startWith("trace.program=resolved", "idle.unmount-after=1s");
    try (var open = Files.newInputStream(site.root("gcc/version"))) {
      // The other image is mounted and expires in the meantime, so this one had the time to.
      daemon.mount("other");
      Await.until("the other is unmounted", () -> site.mountsOn("other") == 0);
      assertEquals(1, site.mountsOn("gcc"));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    Await.until("it is unmounted once it is closed", () -> site.mountsOn("gcc") == 0);
  }

  /** As a sandboxed compile uses it: the host's own mount is not used at all. */
  @Test
  void imageUsedFiveTimesASecondIsNeverUnmounted() throws IOException {
    site.close();
    site = Site.createShared();
    site.compiler("gcc");
    site.compiler("other");
    DaemonProcess daemon = startWith("trace.program=resolved", "idle.unmount-after=1s");
    String device = daemon.line("gcc").orElseThrow().device();
    daemon.mount("other");
    // Several times as long as an unused one stays.
    boolean otherWasUnmounted = false;
    for (int i = 0; i < 40; i++) {
      assertEquals(Site.IMAGE, inASandbox("cat", site.root("gcc/version")), "read " + i);
      otherWasUnmounted |= site.mountsOn("other") == 0;
      ChildProcess.run("sleep", "0.2").orFail();
    }
    assertTrue(otherWasUnmounted, "an unused image is");
    assertEquals(device, daemon.line("gcc").orElseThrow().device(), "mounted once");
  }

  @Test
  void sizesAskedByMonitoringKeepNothingMounted() throws IOException {
    startWith("trace.program=resolved", "idle.unmount-after=1s");
    Await.until(
        "it is unmounted",
        () -> {
          ChildProcess.run("stat", "-f", site.root("gcc").toString()).orFail();
          ChildProcess.run("ls", "-l", site.root().toString()).orFail();
          return site.mountsOn("gcc") == 0;
        });
  }

  private static String inASandbox(String command, Path file) {
    return ChildProcess.run("unshare", "-m", "--propagation", "unchanged", command, file.toString())
        .orFail();
  }

  @Test
  void replacedImageIsSwappedWithoutAnAccess() throws IOException {
    DaemonProcess daemon = startWith("trace.program=resolved", "catalog.rescan=100ms");
    String before = daemon.line("gcc").orElseThrow().generation();
    site.image("gcc", Map.of("version", "new image\n"));
    Await.until("the new image shows", () -> site.versionHere("gcc").equals("new image\n"));
    assertEquals(1, site.mountsOn("gcc"));
    daemon.await(
        "status shows another generation",
        () -> !before.equals(daemon.line("gcc").orElseThrow().generation()));
  }

  @Test
  void imageWithANewSuffixIsSwapped() throws IOException {
    Path old = site.image("gcc");
    Files.move(old, old.resolveSibling("gcc.sqfs"));
    DaemonProcess daemon = startWith("trace.program=resolved", "catalog.rescan=100ms");
    assertTrue(daemon.line("gcc").orElseThrow().image().endsWith("gcc.sqfs"));
    site.image("gcc", Map.of("version", "new image\n"));
    Await.until("the new image shows", () -> site.versionHere("gcc").equals("new image\n"));
    daemon.await(
        "status shows the new file",
        () ->
            daemon.line("gcc").orElseThrow().image().equals(old.toString())
                && daemon.line("gcc").orElseThrow().reason() == null);
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void imageSymlinkWithANewTargetIsSwapped() throws IOException {
    Path link = site.image("gcc");
    Path images = link.getParent();
    Files.move(link, images.resolve("dated-1.img"));
    site.image("dated-2", Map.of("version", "new image\n"));
    Files.createSymbolicLink(link, Path.of("dated-1.img"));
    startWith("trace.program=resolved", "catalog.rescan=100ms", "mount.symlinked-images=true");
    Path aside = Files.createSymbolicLink(site.scratch().resolve("link"), Path.of("dated-2.img"));
    Files.move(aside, link, StandardCopyOption.ATOMIC_MOVE);
    Await.until("the new image shows", () -> site.versionHere("gcc").equals("new image\n"));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void badReplacementLeavesTheOldImage() throws IOException {
    DaemonProcess daemon = startWith("trace.program=resolved", "catalog.rescan=100ms");
    site.place(new byte[] {1, 2, 3}, "gcc");
    daemon.await(
        "status has the reason",
        () -> daemon.line("gcc").orElseThrow().reason().contains("replaced by a bad one"));
    assertEquals(Optional.of("mounted"), daemon.state("gcc"));
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
  }

  @Test
  void replacedImageInUseIsListedAsLingering() throws IOException {
    DaemonProcess daemon = startWith("trace.program=resolved", "catalog.rescan=100ms");
    String device = daemon.line("gcc").orElseThrow().device();
    try (var open = Files.newInputStream(site.root("gcc/version"))) {
      site.image("gcc", Map.of("version", "new image\n"));
      Await.until("the new image shows", () -> site.versionHere("gcc").equals("new image\n"));
      daemon.await("it is listed", () -> daemon.status().images().lingering() == 1);
      assertEquals(device, daemon.status().lingering().get(0).device());
      assertTrue(daemon.status().lingering().get(0).image().startsWith(site.images() + "/gcc.img"));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    daemon.await("it is not listed any more", () -> daemon.status().lingering().isEmpty());
  }

  @Test
  void deletedImageIsUnmountedWhenIdle() throws IOException {
    DaemonProcess daemon = startWith("catalog.rescan=100ms");
    Files.delete(site.image("gcc"));
    Await.until("it is unmounted", Await.PATIENCE.multipliedBy(5), () -> site.mountsOn("gcc") == 0);
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
    daemon.await("it is not in the status any more", () -> daemon.line("gcc").isEmpty());
  }

  /** The path of the inner image leads through the mount, so checking it would count as a use. */
  @Test
  void deletedImageWithAnInnerImageIsUnmounted() throws IOException {
    DaemonProcess daemon = startWith("catalog.rescan=100ms");
    site.image("gcc/inner", Map.of("version", Site.IMAGE));
    daemon.await("the inner one is known", () -> daemon.status().images().known() == 2);
    Files.delete(site.image("gcc"));
    Await.until("it is unmounted", Await.PATIENCE.multipliedBy(5), () -> site.mountsOn("gcc") == 0);
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void imageDeletedBeforeTheStartIsUnmounted() throws IOException {
    startWith("catalog.rescan=100ms").kill();
    Files.delete(site.image("gcc"));
    DaemonProcess daemon = site.start("catalog.rescan=100ms");
    daemon.await("it is known", () -> daemon.state("gcc").equals(Optional.of("mounted")));
    Await.until("it is unmounted", Await.PATIENCE.multipliedBy(5), () -> site.mountsOn("gcc") == 0);
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
    daemon.await("it is not in the status any more", () -> daemon.line("gcc").isEmpty());
  }

  @Test
  void imageUnderAForeignMountIsAdoptedLater() throws IOException {
    DaemonProcess daemon =
        startWith(
            "trace.program=resolved",
            "catalog.rescan=100ms",
            "mount.retry=100ms",
            "mount.retry-max=100ms",
            "idle.unmount-after=2s");
    String target = site.root("gcc").toString();
    ChildProcess.run("mount", "-t", "tmpfs", "foreign", target).orFail();
    daemon.await("status shows it", () -> daemon.state("gcc").equals(Optional.of("failed")));
    assertTrue(daemon.line("gcc").orElseThrow().reason().contains("left alone"));
    ChildProcess.run("umount", target).orFail();
    daemon.await(
        "the image below the foreign mount is known to be mounted",
        () -> daemon.state("gcc").equals(Optional.of("mounted")));
    Await.until("it is unmounted when it is idle", () -> site.mountsOn("gcc") == 0);
    daemon.await("status shows it", () -> daemon.state("gcc").equals(Optional.of("unmounted")));
  }

  @Test
  void externalUnmountIsNoticedWithoutAnAccess() throws IOException {
    DaemonProcess daemon = startWith("trace.program=resolved", "catalog.rescan=100ms");
    Mounts.detach(site.root("gcc").toString());
    daemon.await("status shows it", () -> daemon.state("gcc").equals(Optional.of("unmounted")));
    daemon.mount("gcc");
  }
}
