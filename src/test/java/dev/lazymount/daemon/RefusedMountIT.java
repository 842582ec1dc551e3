package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.BadImages;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Images that must not be mounted, and directories that must not be mounted over: the original
 * stays readable, and the status has the reason. Runs the path program, because it also reports
 * accesses to missing files.
 */
class RefusedMountIT {
  private static Site site;
  private static DaemonProcess daemon;

  @BeforeAll
  static void start() throws IOException {
    site = Site.create();
    daemon = site.start("trace.program=path", "mount.retry=100ms", "mount.retry-max=100ms");
  }

  @AfterAll
  static void close() {
    site.close();
  }

  private static void assertNotMounted(String name) {
    assertEquals(0, site.mountsOn(name));
    // udev may have it open for a moment.
    Await.until(
        "no loop device is left",
        () -> !Kernel.loopsBelow(site.images()).containsValue(site.image(name).toString()));
  }

  @ParameterizedTest
  @EnumSource(BadImages.class)
  void badImageIsQuarantined(BadImages bad) throws IOException {
    String name = bad.name().toLowerCase(Locale.ROOT);
    site.original(name);
    bad.make(site, name);
    daemon.awaitImagesKnown();

    StatusReport.Mount line =
        daemon.refusal(name, () -> assertEquals(Site.ORIGINAL, site.version(name)));

    assertEquals("quarantined", line.state());
    assertTrue(line.reason().contains(bad.reason()), line.reason());
    assertTrue(line.reason().contains("retries when the image file changes"), line.reason());
    assertNotMounted(name);
    assertEquals(Site.ORIGINAL, site.version(name));
    daemon.fence();
    assertEquals(
        1,
        daemon.log().lines().filter(log -> log.contains(name + ": quarantined")).count(),
        "one log line");
  }

  @Test
  void repairedImageIsMounted() throws IOException {
    site.original("repaired");
    BadImages.CUT_OFF.make(site, "repaired");
    daemon.awaitImagesKnown();
    daemon.refusal("repaired", () -> site.version("repaired"));

    site.goodImage("repaired");

    daemon.await(
        "the good image is mounted",
        Duration.ofSeconds(20),
        () -> {
          site.version("repaired");
          return site.mountsOn("repaired") == 1;
        });
    assertEquals(Site.IMAGE, site.version("repaired"));
    assertEquals(null, daemon.awaitMounted("repaired").reason());
  }

  @Test
  void missingMountPointIsNotCreated() throws IOException {
    site.goodImage("no-target");
    daemon.awaitImagesKnown();
    StatusReport.Mount line =
        daemon.refusal(
            "no-target", () -> ChildProcess.run("cat", site.root("no-target/version").toString()));
    assertEquals("failed", line.state());
    assertTrue(line.reason().contains("ENOENT"), line.reason());
    assertFalse(Files.exists(site.root("no-target")));
    assertNotMounted("no-target");

    // Once it is created, the image is mounted.
    site.original("no-target");
    daemon.mount("no-target");
  }

  @Test
  void fileAsMountPointIsRefused() throws IOException {
    site.goodImage("file");
    Files.writeString(site.root("file"), "a file");
    daemon.awaitImagesKnown();
    StatusReport.Mount line =
        daemon.refusal("file", () -> ChildProcess.run("cat", site.root("file/version").toString()));
    assertTrue(line.reason().contains("ENOTDIR"), line.reason());
    assertEquals("a file", ChildProcess.cat(site.root("file")));
  }

  @Test
  void symlinkAsMountPointIsRefused() throws IOException {
    Path outside = Files.createDirectories(site.scratch().resolve("outside"));
    Files.writeString(outside.resolve("version"), Site.ORIGINAL);
    Files.createSymbolicLink(site.root("evil"), outside);
    site.goodImage("evil");
    assertLeadsOut("evil", "evil is a symlink to " + outside);
  }

  @Test
  void symlinkInTheMountPointPathIsRefused() throws IOException {
    Path outside = Files.createDirectories(site.scratch().resolve("outside-way"));
    Files.createDirectories(outside.resolve("gcc"));
    Files.writeString(outside.resolve("gcc/version"), Site.ORIGINAL);
    Files.createSymbolicLink(site.root("way"), outside);
    site.goodImage("way/gcc");
    assertLeadsOut("way/gcc", "way is a symlink to " + outside);
  }

  /** An access is served by the original, nothing is mounted anywhere, and explain says why. */
  private static void assertLeadsOut(String name, String reason) throws IOException {
    daemon.awaitImagesKnown();
    assertEquals(Site.ORIGINAL, site.version(name));
    // Once a later access is mounted, the earlier one has been handled.
    String later = "after-" + name.replace('/', '-');
    site.compiler(later);
    daemon.awaitImagesKnown();
    daemon.mount(later);
    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
    assertEquals(Site.ORIGINAL, site.version(name));
    String explained = site.commandLine("explain", name).out();
    assertTrue(explained.contains(reason), explained);
    assertTrue(explained.contains("outside the root"), explained);
    String mounted = site.commandLine("mount", name).out();
    assertTrue(mounted.contains(reason + ", and nothing is mounted on or through"), mounted);
  }

  @Test
  void foreignMountIsLeftAlone() throws IOException {
    site.compiler("foreign");
    daemon.awaitImagesKnown();
    Path target = site.root("foreign");
    ChildProcess.run("mount", "-t", "tmpfs", "foreign", target.toString()).orFail();
    ChildProcess.run("sh", "-c", "echo mine >" + target.resolve("version")).orFail();

    StatusReport.Mount line =
        daemon.refusal("foreign", () -> assertEquals("mine\n", site.version("foreign")));

    assertEquals("failed", line.state());
    assertTrue(line.reason().contains("left alone"), line.reason());
    assertEquals("tmpfs", Kernel.mountsBelow(target).get(0).fsType());
    assertEquals(1, site.mountsOn("foreign"));

    // Once it is unmounted, the image is mounted.
    ChildProcess.run("umount", target.toString()).orFail();
    daemon.mount("foreign");
  }

  @Test
  void outerImageIsNotMountedOverInnerMounts() throws IOException {
    site.compiler("outer/inner");
    daemon.awaitImagesKnown();
    daemon.mount("outer/inner");
    site.compiler("outer");
    daemon.awaitImagesKnown();

    StatusReport.Mount line = daemon.refusal("outer", () -> site.version("outer"));

    assertTrue(line.reason().contains("would be hidden"), line.reason());
    assertEquals(Site.ORIGINAL, site.version("outer"));
    assertEquals(Site.IMAGE, site.version("outer/inner"));
  }
}
