package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.SyscallException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** The lock files by image name: one name a file, in one flat directory that is root's alone. */
final class NameLock {
  private static final int NAME_MAX = 255;

  private NameLock() {}

  /** The lock of a name; empty if another process has it. */
  static Optional<Flock> tryTake(String lockDir, String name) throws SyscallException {
    try (Fd directory = Fd.openDirectory(lockDir)) {
      return Flock.tryLock(directory, fileName(name));
    }
  }

  /** A path as one component. */
  static String flat(String path) {
    return path.replace("%", "%25").replace("/", "%2F");
  }

  static String fileName(String name) {
    String flat = flat(name) + ".lock";
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    return flat.getBytes(StandardCharsets.UTF_8).length <= NAME_MAX
        ? flat
        : UUID.nameUUIDFromBytes(utf8) + ".lock";
  }
}
