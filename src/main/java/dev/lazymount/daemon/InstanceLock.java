package dev.lazymount.daemon;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The lock by which there is one daemon for a run directory; its file has the daemon's pid.
 *
 * <p>A daemon that is killed while a mount of it waits in the kernel for NFS can't end until the
 * server answers, and the kernel keeps its open files until then, this lock among them. It does
 * nothing any more, and the next daemon need not wait for it: its lock file is put away. (The lock
 * of the image it was mounting is not, so that nobody mounts that one beside it.)
 */
final class InstanceLock {
  private static final String LOCK = "daemon.lock";

  /** Held for the moment of taking the lock, so that two can't put away what the other made. */
  private static final String START = "start.lock";

  private InstanceLock() {}

  /**
   * Takes the lock.
   *
   * @param runDir a directory that is root's alone
   * @return empty if another daemon has it
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
   * Whether a process was told to end and can't: its first thread is gone (state Z in
   * proc_pid_stat(5)), as no thread of ours ever is by itself, while another one is not.
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
