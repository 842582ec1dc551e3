package dev.lazymount.catalog;

import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An image directory and a root on a real file system, and what scans of them need. */
abstract class ScanFixture {
  static final List<String> SUFFIXES = List.of(".img", ".sqfs");
  static final ScanLimits LIMITS = ScanLimits.DEFAULT;

  @TempDir Path temp;
  Path images;
  Path root;

  @BeforeEach
  void directories() throws IOException {
    images = Files.createDirectory(temp.resolve("images"));
    root = Files.createDirectory(temp.resolve("root"));
    // An empty root would be a problem.
    Files.createDirectory(root.resolve("lost+found"));
  }

  /** Runs a script with the image directory as its $1, spelled in UTF-8 in any locale. */
  int shell(String script) throws Exception {
    Process sh = new ProcessBuilder("sh", "-s", "--", images.toString()).start();
    try (OutputStream stdin = sh.getOutputStream()) {
      stdin.write(script.getBytes(StandardCharsets.UTF_8));
    }
    return sh.waitFor();
  }

  static Path lock(Path folder) throws IOException {
    return Files.setPosixFilePermissions(folder, Set.of());
  }

  static void unlock(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
  }

  static ScanLimits limits(int depth, int images, int links, int directories, int shown) {
    return new ScanLimits(depth, images, links, directories, 1000, shown);
  }

  CatalogScan.Scan scan() throws SyscallException {
    return scan(Catalog.empty());
  }

  CatalogScan.Scan scan(Catalog previous) throws SyscallException {
    return CatalogScan.scan(images.toString(), root.toString(), SUFFIXES, previous, LIMITS);
  }

  void image(String... files) throws IOException {
    for (String file : files) {
      Path path = images.resolve(file);
      Files.createDirectories(path.getParent());
      Files.createFile(path);
    }
  }

  void link(String path, String target) throws IOException {
    Path link = root.resolve(path);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
  }
}
