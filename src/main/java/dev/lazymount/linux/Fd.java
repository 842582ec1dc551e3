package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor and the system calls that take one. All are opened with O_CLOEXEC, so
 * that no child process inherits one. Closing twice is harmless. Using a closed one throws
 * IllegalStateException, because the kernel may have given its number to another file.
 *
 * <p>Every call that fails throws a {@link SyscallException} with the errno; the errnos named below
 * are those that callers act upon.
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

  private static final int POSIX_FADV_RANDOM = 1;

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

  /** close(2). Its result is ignored: Linux has released the number in any case. */
  @Override
  public void close() {
    int n = number.getAndSet(-1);
    if (n >= 0) {
      LibC.close(n);
    }
  }

  /**
   * open(2) of a directory for reading; follows symlinks. ENOENT if it is missing, ENOTDIR if it is
   * not a directory.
   */
  public static Fd openDirectory(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
  }

  /**
   * open(2) of a directory with O_PATH, which identifies the directory without opening it in its
   * file system; follows symlinks. ENOENT if it is missing, ENOTDIR if it is not a directory.
   */
  public static Fd openPath(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
  }

  /** open(2) of a device node for reading, without waiting. ENXIO if it has no driver. */
  public static Fd openDevice(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
  }

  /**
   * The content of a sysfs attribute: open(2) and one pread(2) of 4096 bytes, the most that one
   * has. java.nio needs twice as many system calls.
   */
  static String readSysfs(String path) throws SyscallException {
    byte[] buffer = new byte[4096];
    try (Fd file = open(LibC.AT_FDCWD, path, O_RDONLY, 0)) {
      return new String(buffer, 0, file.read(buffer, 0), StandardCharsets.UTF_8);
    }
  }

  /** openat(2) of a file of /proc or /sys, for reading. */
  static Fd openKernelFile(String path) throws SyscallException {
    return open(LibC.AT_FDCWD, path, O_RDONLY, 0);
  }

  /** openat(2) of a subdirectory for reading. ELOOP or ENOTDIR if it is a symlink. */
  public Fd openSubdirectory(String name) throws SyscallException {
    return open(raw(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  }

  /** openat(2) of a lock file, created with mode 0600 if it is missing. ELOOP for a symlink. */
  public Fd openLockFile(String name) throws SyscallException {
    return open(raw(), name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
  }

  /**
   * openat2(2) with O_PATH of a directory beneath this one. ELOOP if a component is a symlink,
   * EXDEV if the path leaves this directory. Mounts are crossed: if something is mounted on the
   * directory, the descriptor is of the root of that mount.
   *
   * @param path relative to this directory
   */
  public Fd openDirectoryPathBeneath(String path) throws SyscallException {
    return openBeneath(
        path, O_PATH | O_DIRECTORY | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  /**
   * openat2(2) with O_PATH of any file beneath this directory: enough for {@link #status()}, and
   * without opening it, which has side effects for a device. EXDEV if the path leaves this
   * directory.
   *
   * @param path relative to this directory
   * @param symlinks whether symlinks that stay beneath this directory are followed; else ELOOP
   */
  public Fd openPathBeneath(String path, boolean symlinks) throws SyscallException {
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
   * openat2(2) of a file beneath this directory for reading, with O_NONBLOCK, so that a FIFO does
   * not block. EXDEV if the path leaves this directory.
   *
   * @param path relative to this directory
   * @param symlinks whether symlinks that stay beneath this directory are followed; else ELOOP
   */
  public Fd openFileBeneath(String path, boolean symlinks) throws SyscallException {
    long resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return openBeneath(
        path, O_RDONLY | O_NONBLOCK, symlinks ? resolve : resolve | RESOLVE_NO_SYMLINKS);
  }

  /**
   * An openat(2) that the kernel refuses because of its flags (O_TMPFILE for reading: EINVAL),
   * before it resolves the path. The syscall's tracepoints fire, but no file system is involved, so
   * it never hangs: the canary of the path program.
   */
  public static void probeOpen(String path) {
    int fd = LibC.openat(LibC.AT_FDCWD, LibC.cString(path), O_TMPFILE | O_CLOEXEC, 0);
    if (fd >= 0) {
      new Fd(fd).close();
    }
  }

  /**
   * The path of this descriptor, without symlinks: readlink(2) in /proc/self/fd, which asks no
   * storage. Unlike java.nio it can return names outside ASCII where the locale is C, as it is
   * under systemd.
   */
  public String path() throws SyscallException {
    return readLink(LibC.AT_FDCWD, "/proc/self/fd/" + raw());
  }

  /**
   * symlinkat(2) of a symlink in this directory; an existing file of this name is unlinked first.
   * Not atomic.
   *
   * @param name its name
   * @param target the text of the symlink
   */
  public void replaceSymlink(String name, String target) throws SyscallException {
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

  /** unlinkat(2) of a file in this directory; a failure, such as ENOENT, is ignored. */
  public void unlink(String name) {
    LibC.unlinkat(raw(), LibC.cString(name), 0);
  }

  /** readlinkat(2) of a symlink in this directory. EINVAL if it is not a symlink. */
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

  /** statx(2) of this descriptor. Like stat(2) it may ask the storage, and block with it. */
  public FileStatus status() throws SyscallException {
    return statx(LibC.AT_EMPTY_PATH);
  }

  /**
   * statx(2) of this descriptor with AT_STATX_DONT_SYNC: the kernel answers from its caches and
   * does not ask a network file system.
   */
  public FileStatus cachedStatus() throws SyscallException {
    return statx(LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC);
  }

  /**
   * statx(2) of this descriptor with AT_STATX_FORCE_SYNC: a network file system asks its server,
   * whatever the kernel has cached. Blocks while the server does not respond.
   */
  public FileStatus freshStatus() throws SyscallException {
    return statx(LibC.AT_EMPTY_PATH | LibC.AT_STATX_FORCE_SYNC);
  }

  /**
   * pread(2). EIO or ESTALE if the storage fails.
   *
   * @param buffer filled from its start
   * @param offset bytes from the start of the file
   * @return bytes read: less than the buffer's length at the end of the file, 0 behind it
   */
  public int read(byte[] buffer, long offset) throws SyscallException {
    long n = LibC.pread(raw(), buffer, buffer.length, offset);
    if (n < 0) {
      throw new SyscallException("pread", LibC.errno());
    }
    return (int) n;
  }

  /**
   * posix_fadvise(2) with POSIX_FADV_RANDOM: a read of this descriptor reads what it asks for, and
   * the kernel nothing more ahead of it. A failure is ignored.
   */
  public void readNothingAhead() {
    LibC.posix_fadvise(raw(), 0, 0, POSIX_FADV_RANDOM);
  }

  /** openat(2) of this directory for reading: an O_PATH descriptor can't be read. */
  public Fd reopenDirectory() throws SyscallException {
    return open(raw(), ".", O_RDONLY | O_DIRECTORY, 0);
  }

  /**
   * When the file of this descriptor was created, nanoseconds since 1970 (statx(2) with
   * STATX_BTIME). Empty if its file system does not know: NFS of most kernels.
   */
  public OptionalLong birthNanos() throws SyscallException {
    return FileStatus.birth(statx(LibC.AT_EMPTY_PATH, FileStatus.STATX_BTIME));
  }

  private FileStatus statx(int flags) throws SyscallException {
    return FileStatus.parse(statx(flags, FileStatus.STATX_BASIC_STATS));
  }

  private byte[] statx(int flags, int mask) throws SyscallException {
    byte[] result = new byte[FileStatus.SIZE];
    if (LibC.statx(raw(), LibC.cString(""), flags, mask, result) != 0) {
      throw new SyscallException("statx", LibC.errno());
    }
    return result;
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
