package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.SyscallException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** The lock files, one per image name, in one flat directory that only root can write to. */
final class NameLock {
  private static final int NAME_MAX = 255;

  private NameLock() {}

  /** Takes the lock of a name without waiting; empty if another process holds it. */
  static Optional<Flock> tryTake(String lockDir, String name) throws SyscallException {
    try (Fd directory = Fd.openDirectory(lockDir)) {
      return Flock.tryLock(directory, fileName(name));
    }
  }

  /** Encodes a path as one component. */
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
