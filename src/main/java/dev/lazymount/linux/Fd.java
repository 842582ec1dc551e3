package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor and the calls that take one. All are opened with O_CLOEXEC, so that a
 * child process inherits none. Closing is idempotent; using a closed one throws
 * IllegalStateException before the kernel sees a number that may belong to somebody else by now.
 */
public final class Fd implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 02;
  private static final int O_CREAT = 0100;
  private static final int O_NONBLOCK = 04000;
  private static final int O_CLOEXEC = 02000000;
  private static final int O_PATH = 010000000;

  /** These two differ between architectures (asm/fcntl.h). */
  private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

  private static final int O_DIRECTORY = ARM ? 040000 : 0200000;
  private static final int O_TMPFILE = 020000000 | O_DIRECTORY;
  private static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;

  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_NO_SYMLINKS = 0x04;
  private static final long RESOLVE_BENEATH = 0x08;

  /** The size of struct open_how. */
  private static final int OPEN_HOW_SIZE = 24;

  private final AtomicInteger number;

  Fd(int number) {
    this.number = new AtomicInteger(number);
  }

  /** The descriptor's number. */
  public int raw() {
    int n = number.get();
    if (n < 0) {
      throw new IllegalStateException("descriptor is closed");
    }
    return n;
  }

  /** close(2). What it returns is of no use: Linux has released the number in any case. */
  @Override
  public void close() {
    int n = number.getAndSet(-1);
    if (n >= 0) {
      LibC.close(n);
    }
  }

  /** open(2) of a directory for reading. Symlinks in the path are followed. */
  public static Fd openDirectory(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
  }

  /**
   * open(2) of a directory with O_PATH: a handle on the place, without access to the file system
   * behind it. Symlinks in the path are followed.
   */
  public static Fd openPlace(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
  }

  /** open(2) of a device node, for reading. */
  public static Fd openDevice(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
  }

  /**
   * What a file of sysfs says: open(2) and one pread(2) of 4096 bytes, as they have no more. Half
   * the calls that java.nio makes for it.
   */
  static String kernelFile(String path) throws SyscallException {
    byte[] buffer = new byte[4096];
    try (Fd file = open(LibC.AT_FDCWD, path, O_RDONLY, 0)) {
      return new String(buffer, 0, file.read(buffer, 0), StandardCharsets.UTF_8);
    }
  }

  /** openat(2) of a file of /proc or /sys, for reading. */
  static Fd openKernelFile(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY, 0);
  }

  /** openat(2) of one subdirectory for reading; a symlink is ELOOP or ENOTDIR. */
  public Fd openSubdirectory(String name) throws SyscallException {
    return open(raw(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  }

  /** openat(2) of a file of one's own (mode 0600), created if it is not there; never a symlink. */
  public Fd openOwn(String name) throws SyscallException {
    return open(raw(), name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
  }

  /**
   * openat2(2) of a directory somewhere beneath this one with O_PATH. No component may be a symlink
   * (ELOOP) and none may lead out (EXDEV); crossing into a mount is fine. If something is mounted
   * on it, the handle is on the root of that mount.
   *
   * @param path relative
   */
  public Fd openPlaceBeneath(String path) throws SyscallException {
    return openBeneath(
        path, O_PATH | O_DIRECTORY | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  /**
   * openat2(2) of anything somewhere beneath this directory with O_PATH: enough to ask what it is,
   * and without opening it, which of a device is an act of its own. No path may lead out (EXDEV).
   *
   * @param path relative
   * @param symlinks whether symlinks that stay inside are followed; else they are ELOOP
   */
  public Fd lookBeneath(String path, boolean symlinks) throws SyscallException {
    long resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return openBeneath(path, O_PATH, symlinks ? resolve : resolve | RESOLVE_NO_SYMLINKS);
  }

  /**
   * openat2(2) of an entry of this directory with O_PATH; of a symlink, the symlink itself.
   *
   * @param name one component
   */
  public Fd openEntry(String name) throws SyscallException {
    return openBeneath(name, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  /**
   * openat2(2) of a file somewhere beneath this directory, for reading and without waiting for the
   * other end of a FIFO. No path may lead out (EXDEV).
   *
   * @param path relative
   * @param symlinks whether symlinks that stay inside are followed; else they are ELOOP
   */
  public Fd openFileBeneath(String path, boolean symlinks) throws SyscallException {
    long resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return openBeneath(
        path, O_RDONLY | O_NONBLOCK, symlinks ? resolve : resolve | RESOLVE_NO_SYMLINKS);
  }

  /**
   * An openat(2) that the kernel refuses by its flags alone (O_TMPFILE for reading: EINVAL), before
   * it looks at the path. Tracepoints see the call; the file system of the path is not asked, so
   * that this never hangs. It is how the path trace is tested.
   */
  public static void openInVain(String path) {
    int fd = LibC.openat(LibC.AT_FDCWD, LibC.cString(path), O_TMPFILE | O_CLOEXEC, 0);
    if (fd >= 0) {
      new Fd(fd).close();
    }
  }

  /**
   * The path that the kernel has for this descriptor, without symlinks; asks no storage. To be
   * asked rather than java.nio, which can't name a path outside ASCII where the locale is C, as it
   * is under systemd.
   */
  public String path() throws SyscallException {
    return readLink(LibC.AT_FDCWD, "/proc/self/fd/" + raw());
  }

  /**
   * symlinkat(2): a symlink in this directory, in the place of one that is there.
   *
   * @param name its name
   * @param target where it leads
   */
  public void link(String name, String target) throws SyscallException {
    if (LibC.symlinkat(LibC.cString(target), raw(), LibC.cString(name)) == 0) {
      return;
    }
    int errno = LibC.errno();
    if (errno == Errno.EEXIST) {
      unlink(name);
      if (LibC.symlinkat(LibC.cString(target), raw(), LibC.cString(name)) == 0) {
        return;
      }
      errno = LibC.errno();
    }
    throw new SyscallException("symlink " + name, errno);
  }

  /** unlinkat(2) of an entry of this directory that is no directory, if it is there. */
  public void unlink(String name) {
    LibC.unlinkat(raw(), LibC.cString(name), 0);
  }

  /** readlinkat(2) of an entry of this directory. */
  public String readLink(String name) throws SyscallException {
    return readLink(raw(), name);
  }

  private static String readLink(int dirFd, String name) throws SyscallException {
    byte[] target = new byte[4096];
    long n = LibC.readlinkat(dirFd, LibC.cString(name), target, target.length);
    if (n < 0) {
      throw new SyscallException("readlink " + name, LibC.errno());
    }
    return new String(target, 0, (int) n, StandardCharsets.UTF_8);
  }

  /** statx(2) of this descriptor, asking the storage as stat(2) does. */
  public FileStatus status() throws SyscallException {
    return statx(LibC.AT_EMPTY_PATH);
  }

  /**
   * statx(2) of this descriptor with what the kernel knows already: a network file system is not
   * asked.
   */
  public FileStatus cachedStatus() throws SyscallException {
    return statx(LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC);
  }

  /**
   * pread(2).
   *
   * @param buffer filled from its start
   * @param offset bytes into the file
   * @return bytes read; fewer than asked for at the end of the file
   */
  public int read(byte[] buffer, long offset) throws SyscallException {
    long n = LibC.pread(raw(), buffer, buffer.length, offset);
    if (n < 0) {
      throw new SyscallException("pread", LibC.errno());
    }
    return (int) n;
  }

  /** openat(2) of this very directory, for reading: what an O_PATH descriptor can't do itself. */
  public Fd reopenDirectory() throws SyscallException {
    return open(raw(), ".", O_RDONLY | O_DIRECTORY, 0);
  }

  private FileStatus statx(int flags) throws SyscallException {
    byte[] result = new byte[FileStatus.SIZE];
    if (LibC.statx(raw(), LibC.cString(""), flags, FileStatus.STATX_BASIC_STATS, result) != 0) {
      throw new SyscallException("statx", LibC.errno());
    }
    return FileStatus.parse(result);
  }

  private static Fd open(int dirFd, String path, int flags, int mode) throws SyscallException {
    int fd = LibC.openat(dirFd, LibC.cString(path), flags | O_CLOEXEC, mode);
    if (fd < 0) {
      throw new SyscallException("open " + path, LibC.errno());
    }
    return new Fd(fd);
  }

  private Fd openBeneath(String path, long flags, long resolve) throws SyscallException {
    byte[] how = new byte[OPEN_HOW_SIZE];
    Struct.of(how).putLong(0, flags | O_CLOEXEC).putLong(16, resolve);
    long fd = LibC.syscall(LibC.SYS_OPENAT2, raw(), LibC.cString(path), how, OPEN_HOW_SIZE);
    if (fd < 0) {
      throw new SyscallException("openat2 " + path, LibC.errno());
    }
    return new Fd((int) fd);
  }
}
