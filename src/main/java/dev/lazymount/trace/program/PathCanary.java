package dev.lazymount.trace.program;

import dev.lazymount.linux.Fd;
import java.nio.file.Path;

/**
 * The canary of the path program: an openat(2) of a path under the root that does not exist. The
 * kernel refuses it by its flags, after the tracepoint and before the path lookup, so that no
 * storage is involved and none can block it. Each has its own path, because the program reports a
 * path once per window.
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
  public void send(String token) {
    Fd.probeOpen(root + "/" + PREFIX + token);
  }
}
