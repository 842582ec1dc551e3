package dev.lazymount.trace.program;

import dev.lazymount.linux.Fd;
import java.nio.file.Path;

/**
 * The canary of the path program: an openat(2) of a path under the root that nobody has. The kernel
 * refuses it by its flags before it looks the path up, so that no storage is asked and a hung one
 * can't hold it up; the tracepoint is passed all the same. Each has a path of its own, because a
 * path is told once a window.
 */
final class PathCanary implements Canary {
  private final Path root;

  PathCanary(Path root) {
    this.root = root;
  }

  @Override
  public String token() {
    return Secret.word(32);
  }

  @Override
  public void fly(String token) {
    Fd.probeOpen(root + "/" + PREFIX + token);
  }
}
