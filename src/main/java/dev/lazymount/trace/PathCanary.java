package dev.lazymount.trace;

import dev.lazymount.linux.Fd;
import java.nio.file.Path;

/**
 * The canary of the path program: an openat(2) of a path under the root that nobody has. The kernel
 * refuses it by its flags before it looks the path up, so that no storage is asked and a hung one
 * can't hold it up; the tracepoint is passed all the same.
 */
public final class PathCanary implements Canary {
  private final String prefix;

  /** A canary under this root. */
  public PathCanary(Path root) {
    prefix = root + "/.lazymount-canary-";
  }

  @Override
  public String prefix() {
    return prefix;
  }

  @Override
  public void fly(String token) {
    Fd.openInVain(prefix + token);
  }
}
