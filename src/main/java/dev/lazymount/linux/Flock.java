package dev.lazymount.linux;

import java.util.Optional;

/**
 * flock(2): a lock between processes that the kernel lets go when its holder closes it or dies.
 * (Java's own FileLock is an fcntl lock, which is another thing and does not exclude this one.)
 */
public final class Flock implements AutoCloseable {
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;

  private final Fd file;

  private Flock(Fd file) {
    this.file = file;
  }

  /**
   * Takes the exclusive lock of a file if it is free; never waits for another holder.
   *
   * @param directory where the lock files are; only root may write there
   * @param name the lock file, created with mode 0600 if it is not there
   * @return empty if somebody else has it (EWOULDBLOCK)
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

  @Override
  public void close() {
    file.close();
  }
}
