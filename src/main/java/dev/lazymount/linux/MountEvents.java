package dev.lazymount.linux;

import java.time.Duration;

/**
 * The kernel's notification that a mount was attached or detached in this process's mount
 * namespace: poll(2) of /proc/self/mountinfo reports POLLERR and POLLPRI once for each change
 * (proc_pid_mountinfo(5)). Nothing is read, so that it costs the same at any number of mounts. For
 * one thread.
 */
public final class MountEvents implements AutoCloseable {
  private static final short POLLPRI = 2;

  /** struct pollfd: int fd, short events, short revents. */
  private static final int POLLFD = 8;

  private final Fd table;

  private MountEvents(Fd table) {
    this.table = table;
  }

  /** Begins to listen: changes from now on are reported. */
  public static MountEvents open() throws SyscallException {
    return new MountEvents(Fd.openKernelFile("/proc/self/mountinfo"));
  }

  /**
   * Waits for the next change. A signal may end the wait early.
   *
   * @param atMost how long to wait, up to 24 days
   * @return whether there was a change; several at once are reported as one
   */
  public boolean await(Duration atMost) throws SyscallException {
    byte[] poll = new byte[POLLFD];
    Struct.of(poll).putInt(0, table.raw()).putShort(4, POLLPRI);
    int ready = LibC.poll(poll, 1, (int) Math.min(Integer.MAX_VALUE, atMost.toMillis()));
    if (ready < 0) {
      int errno = LibC.errno();
      if (errno == Errno.EINTR) {
        return false;
      }
      throw new SyscallException("poll /proc/self/mountinfo", errno);
    }
    return ready > 0;
  }

  @Override
  public void close() {
    table.close();
  }
}
