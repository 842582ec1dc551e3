package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With the resolved program, and what only that one sees. */
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
  void accessInAnotherMountNamespaceByAnotherNameIsAnAccess() throws IOException {
    compiler("jailed");
    Files.createDirectories(site.scratch().resolve("jail"));
    shell(
        "jailed",
        "exec unshare --mount --propagation slave sh -c"
            + " 'mount --bind $1/.. $2/jail && exec cat $2/jail/jailed/version' sh $1 $2");
    daemon.awaitMounted("jailed");
    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
  }

  @Test
  void mountedCompilerCausesNoMoreEvents() throws IOException {
    compiler("silent");
    daemon.mount("silent");
    daemon.fence();
    long seen = daemon.status().events().seen();
    for (int i = 0; i < 200; i++) {
      site.versionHere("silent");
    }
    daemon.fence();
    // The fence's own accesses.
    assertTrue(daemon.status().events().seen() - seen <= 12, daemon.status().events().toString());
  }
}
