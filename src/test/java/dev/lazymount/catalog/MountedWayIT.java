package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scans of a root with a mount on the way to an image's name. */
class MountedWayIT {
  private Site site;
  private Catalog newest = Catalog.empty();

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    Files.createDirectory(site.root("arm64"));
  }

  @AfterEach
  void close() {
    site.close();
  }

  private Map<String, String> links() throws IOException {
    newest =
        CatalogScan.scan(site.images().toString(), site.root().toString(), List.of(".img"), newest)
            .catalog();
    return newest.links();
  }

  /** For example, where each architecture has a file system of its own. */
  @Test
  void aChangedLinkOnAMountThatIsNoImageIsSeen() throws IOException {
    ChildProcess.run("mount", "-t", "tmpfs", "tmpfs", site.root("arm64").toString()).orFail();
    site.image("arm64/gcc", Map.of("version", Site.IMAGE));
    Path link = site.root("arm64/trunk");
    Files.createSymbolicLink(link, Path.of("gcc"));
    assertEquals(Map.of("arm64/trunk", "arm64/gcc"), links());
    Catalog before = newest;
    links();
    assertSame(before, newest);
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("clang"));
    assertEquals(Map.of("arm64/trunk", "arm64/clang"), links());
    Files.delete(link);
    assertEquals(Map.of(), links());
  }
}
