package dev.lazymount.daemon;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The lock that allows one daemon per run directory; its file has the daemon's pid.
 *
 * <p>A daemon that is killed while one of its mounts waits in the kernel for NFS can't end until
 * the server responds, and until then the kernel keeps its open files, this lock among them. It no
 * longer does anything, so the next daemon does not wait for it but deletes the lock file. The lock
 * of the image that was being mounted stays, so that no other process mounts that image meanwhile.
 */
final class InstanceLock {
  private static final String LOCK = "daemon.lock";

  /** Held while the lock is taken, so that two starts can't delete each other's lock file. */
  private static final String START = "start.lock";

  private InstanceLock() {}

  /**
   * Takes the lock.
   *
   * @param runDir a directory that only root can write to
   * @return empty if another daemon holds it
   */
  static Optional<Flock> take(Path runDir) throws IOException {
    try (Fd directory = Fd.openDirectory(runDir.toString())) {
      Optional<Flock> starting = Flock.tryLock(directory, START);
      if (starting.isEmpty()) {
        return Optional.empty();
      }
      try (Flock start = starting.get()) {
        Path file = runDir.resolve(LOCK);
        Optional<Flock> lock = Flock.tryLock(directory, LOCK);
        if (lock.isEmpty() && isBeingEnded(Files.readString(file).strip())) {
          Files.delete(file);
          lock = Flock.tryLock(directory, LOCK);
        }
        if (lock.isPresent()) {
          Files.writeString(file, Long.toString(ProcessHandle.current().pid()));
        }
        return lock;
      }
    }
  }

  /**
   * Whether a process was killed and can't end: its first thread is a zombie (state Z in
   * proc_pid_stat(5)) while another thread still exists. The first thread of a daemon never ends
   * before the process does.
   */
  private static boolean isBeingEnded(String pid) {
    if (!pid.matches("[0-9]{1,10}")) {
      return false;
    }
    try {
      String stat = Files.readString(Path.of("/proc", pid, "stat"));
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false;
    }
  }
}
