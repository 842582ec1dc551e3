package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The first access with the resolved program, and accesses that only that program sees. */
class ResolvedFirstAccessIT extends FirstAccessScenarios {
  ResolvedFirstAccessIT() {
    super("resolved");
  }

  private void shell(String name, String script) {
    String out =
        ChildProcess.run(
                "sh", "-c", script, "sh", site.root(name).toString(), site.scratch().toString())
            .orFail();
    assertTrue(List.of(Site.ORIGINAL, Site.IMAGE).contains(out), out);
  }

  @Test
  void relativePathIsAnAccess() throws IOException {
    compiler("relative");
    shell("relative", "cd $1 && exec cat version");
    daemon.awaitMounted("relative");
  }

  @Test
  void detourIsAnAccess() throws IOException {
    compiler("detour");
    shell("detour", "exec cat /proc/self/root/$1/../../root//detour/./version");
    daemon.awaitMounted("detour");
  }

  @Test
  void symlinkFromElsewhereIsAnAccess() throws IOException {
    compiler("elsewhere");
    Files.createSymbolicLink(site.scratch().resolve("way-in"), site.root("elsewhere"));
    shell("elsewhere", "exec cat $2/way-in/version");
    daemon.awaitMounted("elsewhere");
  }

  @Test
  void accessInAnotherNamespaceIsAnAccess() throws IOException {
    compiler("jailed");
    String jail = Files.createDirectories(site.scratch().resolve("jail")).toString();
    try (Namespace namespace = Namespace.make(site, Namespace.Propagation.SLAVE)) {
      namespace.run("mount", "--bind", site.root().toString(), jail).orFail();
      assertEquals(Site.ORIGINAL, namespace.run("cat", jail + "/jailed/version").orFail());
      daemon.awaitMounted("jailed");
    }
    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
  }

  @Test
  void accessesToAMountedImageAreNotReported() throws IOException {
    compiler("silent");
    daemon.mount("silent");
    daemon.fence();
    long seen = daemon.status().events().seen();
    for (int i = 0; i < 200; i++) {
      site.versionHere("silent");
    }
    daemon.fence();
    // Only the accesses that fence() makes itself.
    assertTrue(daemon.status().events().seen() - seen <= 12, daemon.status().events().toString());
  }
}
