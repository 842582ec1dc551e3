package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An image storage that can hang: a FUSE file system (bindfs) of a folder. While it is stopped,
 * system calls on it wait in the kernel, as with a file server that is down. Its attributes and
 * names are not cached, so that the kernel asks it each time.
 *
 * <p>Close it after the host, whose mounts have backing files on it.
 */
public final class FuseStorage implements AutoCloseable {
  private final Process server;
  private final Path folder;

  private FuseStorage(Process server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /** Mounts one on a directory of a host. */
  public static FuseStorage mount(Site site, Path at) throws IOException {
    Path folder = Files.createTempDirectory(site.scratch(), "storage-");
    Files.createDirectories(at);
    Path log = folder.resolveSibling(folder.getFileName() + ".log");
    Process server =
        ChildProcess.start(
            List.of(
                "bindfs",
                "-f",
                "-o",
                "attr_timeout=0,entry_timeout=0",
                folder.toString(),
                at.toString()),
            Map.of(),
            log);
    FuseStorage storage = new FuseStorage(server, folder);
    try {
      Await.until(
          "the FUSE file system is mounted",
          Await.PATIENCE,
          () -> Kernel.mountsOn(at) == 1,
          () -> Scripts.log(log));
    } catch (AssertionError e) {
      storage.close();
      throw e;
    }
    return storage;
  }

  /** Copies a file into the underlying folder, so that it also works while this is stopped. */
  public void place(Path file, String name) throws IOException {
    Files.copy(file, folder.resolve(name));
  }

  /** Stops it: it hangs from now on. */
  public void stop() {
    Kernel.signal("STOP", server.pid());
  }

  /** Resumes it: waiting calls continue. */
  public void resume() {
    if (server.isAlive()) {
      Kernel.signal("CONT", server.pid());
    }
  }

  @Override
  public void close() {
    server.destroyForcibly();
    Await.until("the FUSE server is gone", () -> !server.isAlive());
  }
}
