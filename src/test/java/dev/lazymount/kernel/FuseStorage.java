package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A storage that can hang: a FUSE file system (bindfs) that shows a folder. Stopped, it answers
 * nothing, and whoever asks it waits in the kernel, as with a file server that is down. The kernel
 * keeps nothing of it in its caches that it would not ask for again.
 *
 * <p>Close it after the site: what is mounted from it has to go first.
 */
public final class FuseStorage implements AutoCloseable {
  private final Process server;
  private final Path folder;

  private FuseStorage(Process server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /** Mounts one at a directory of a site. */
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
          () -> log(log));
    } catch (AssertionError e) {
      storage.close();
      throw e;
    }
    return storage;
  }

  private static String log(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** What it shows, to be written to directly: a copy of a file under this name. */
  public void place(Path file, String name) throws IOException {
    Files.copy(file, folder.resolve(name));
  }

  /** From now on it does not answer. */
  public void stop() {
    Kernel.signal("STOP", server.pid());
  }

  /** It answers again, and first whoever waits. */
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
