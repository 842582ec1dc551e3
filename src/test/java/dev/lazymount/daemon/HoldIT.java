package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that are kept unmounted, and processes whose accesses mount nothing. */
class HoldIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
    site.compiler("clang");
  }

  @AfterEach
  void nothingLeaks() {
    site.close();
  }

  /** Once another image is mounted, this access has been seen too. */
  private void assertNotMountedByAnAccess(DaemonProcess daemon) throws IOException {
    assertEquals(Site.ORIGINAL, site.version("gcc"));
    daemon.mount("clang");
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Optional.of("held"), daemon.state("gcc"));
  }

  @Test
  void aHeldImageIsUnmountedAndStaysSoAcrossARestart() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.mount("gcc");
    ChildProcess.Result held = site.commandLine("hold", "gcc", "--for", "2h", "--reason", "patch");
    assertEquals(0, held.status(), held.out());
    assertEquals(0, site.mountsOn("gcc"));
    assertNotMountedByAnAccess(daemon);
    assertTrue(daemon.line("gcc").orElseThrow().reason().endsWith("Z: patch"));
    daemon.terminate();
    DaemonProcess next = site.start();
    site.commandLine("unmount", "clang").orFail();
    assertNotMountedByAnAccess(next);
    site.commandLine("release", "gcc").orFail();
    next.mount("gcc");
  }

  @Test
  void anImageInUseIsNotHeldAndItsUserIsNamed() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.mount("gcc");
    try (var open = Files.newInputStream(site.root("gcc/version"))) {
      ChildProcess.Result refused = site.commandLine("hold", "gcc");
      assertEquals(1, refused.status(), refused.out());
      String pid = "[" + ProcessHandle.current().pid() + "]";
      assertTrue(refused.out().contains("mounted and in use: used by "), refused.out());
      assertTrue(refused.out().contains(pid), refused.out());
      assertTrue(open.read() >= 0);
    }
    assertEquals(Optional.of("mounted"), daemon.state("gcc"));
  }

  @Test
  void aHoldMadeWithoutADaemonIsFollowedByTheNextOne() throws IOException {
    site.commandLine("mount", "gcc").orFail();
    site.commandLine("hold", "gcc").orFail();
    assertEquals(0, site.mountsOn("gcc"));
    assertNotMountedByAnAccess(site.start());
  }

  /** None of these opens a file of gcc for writing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mv ../outside gcc/file",
        "mv gcc/file ../outside",
        "mkdir gcc/new",
        "cd gcc && mv file other",
        "ln -s x gcc/link",
        "ln gcc/file gcc/hard",
        "rm gcc/file",
        "setpriv --reuid=65534 --clear-groups rm -f gcc/file"
      })
  void anEntryThatIsChangedHolds(String change) throws IOException {
    String script = "cd \"$1\"; " + change;
    String root = site.root().toString();
    ChildProcess.run(
            "sh", "-ec", "cd \"$1\"; touch gcc/file ../outside; chmod 777 gcc ..", "sh", root)
        .orFail();
    DaemonProcess daemon = site.start("mount.quiet-after-write=1h");

    ChildProcess.run("sh", "-ec", script, "sh", root).orFail();

    assertEquals(Site.ORIGINAL, site.version("gcc"));
    daemon.await("gcc is held", () -> daemon.state("gcc").equals(Optional.of("held")));
    assertNotMountedByAnAccess(daemon);
    String explained = site.commandLine("explain", "gcc").out();
    assertTrue(explained.contains("written to "), explained);
  }

  @Test
  void aNewDirectoryIsMountedAtItsFirstAccess() throws IOException {
    DaemonProcess daemon = site.start("mount.quiet-after-write=1h", "catalog.rescan=1s");
    site.compiler("new");
    site.compiler("arm64/new");
    daemon.mount("new");
    daemon.mount("arm64/new");
    ChildProcess.run("mv", site.root("clang").toString(), site.root("old").toString()).orFail();
    site.original("clang");
    daemon.mount("clang");
  }

  @Test
  void aProcessThatWalksTheTreeMountsAFewImagesAndIsNamed() throws IOException {
    site.compilers(40);
    DaemonProcess daemon = site.start("trace.scanner-names=8", "trace.program=resolved");
    ChildProcess.run("grep", "-r", "nothing", site.root("").toString());
    daemon.await("grep is recognised", () -> !daemon.status().scanners().isEmpty());
    daemon.mount("clang");
    assertEquals("grep", daemon.status().scanners().get(0).comm());
    assertTrue(daemon.status().images().mounted() <= 9, daemon.log());
    assertTrue(daemon.log().contains("walks the tree"), daemon.log());
  }
}
