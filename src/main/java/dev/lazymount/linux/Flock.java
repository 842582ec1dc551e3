package dev.lazymount.linux;

import java.util.Optional;

/**
 * flock(2): a lock between processes, which the kernel releases when its holder closes the file or
 * dies. (Java's FileLock is an fcntl lock; the two do not exclude each other.)
 */
public final class Flock implements AutoCloseable {
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;

  private final Fd file;

  private Flock(Fd file) {
    this.file = file;
  }

  /**
   * Takes the exclusive lock of a file with LOCK_NB: never waits for another holder.
   *
   * @param directory the directory of the lock file; only root may write to it
   * @param name the lock file, created with mode 0600 if it is missing
   * @return empty if another process holds it (EWOULDBLOCK)
   * @throws SyscallException if the file can't be opened (ELOOP: it is a symlink)
   */
  public static Optional<Flock> tryLock(Fd directory, String name) throws SyscallException {
    Fd file = directory.openLockFile(name);
    if (LibC.flock(file.raw(), LOCK_EX | LOCK_NB) == 0) {
      return Optional.of(new Flock(file));
    }
    int errno = LibC.errno();
    file.close();
    if (errno == Errno.EAGAIN) {
      return Optional.empty();
    }
    throw new SyscallException("flock " + name, errno);
  }

  /** Releases the lock. The file stays: to delete it would race with the next holder. */
  @Override
  public void close() {
    file.close();
  }
}
