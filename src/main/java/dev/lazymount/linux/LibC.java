package dev.lazymount.linux;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The C library by JNA direct mapping. Internal to this package.
 *
 * <p>Every function returns -1 if it fails, and sets the errno, which has to be read by {@link
 * #errno()} at once and on the same thread: JNA keeps one for each thread. Only the errnos that
 * callers meet in practice are named below. Buffers are byte arrays, which JNA copies in and back,
 * so that there is no native memory to free.
 *
 * <p>The variadic functions (open, ioctl, syscall) are called as plain ones: on x86-64 and AArch64
 * Linux integers and pointers travel in the same registers either way.
 */
final class LibC {
  /** System calls added since Linux 5.2 have the same number on every architecture. */
  static final long SYS_MOVE_MOUNT = 429;

  static final long SYS_OPEN_TREE = 428;

  static final long SYS_FSOPEN = 430;
  static final long SYS_FSCONFIG = 431;
  static final long SYS_FSMOUNT = 432;
  static final long SYS_OPENAT2 = 437;
  static final long SYS_CACHESTAT = 451;
  static final long SYS_STATMOUNT = 457;

  /** bpf(2), which is older: its number on AArch64, and on x86-64. */
  static final long SYS_BPF = "aarch64".equals(System.getProperty("os.arch")) ? 280 : 321;

  static final int AT_FDCWD = -100;
  static final int AT_EMPTY_PATH = 0x1000;
  static final int AT_STATX_FORCE_SYNC = 0x2000;
  static final int AT_STATX_DONT_SYNC = 0x4000;

  static {
    Native.register(
        LibC.class,
        NativeLibrary.getInstance("c", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
  }

  private LibC() {}

  /** The errno of this thread's last call through this class. */
  static int errno() {
    return Native.getLastError();
  }

  /**
   * A C string: UTF-8 with a NUL at the end.
   *
   * @throws IllegalArgumentException if the string contains a NUL, where C would end it
   */
  static byte[] cString(String s) {
    if (s.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL inside a path");
    }
    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
    byte[] terminated = new byte[utf8.length + 1];
    System.arraycopy(utf8, 0, terminated, 0, utf8.length);
    return terminated;
  }

  /** open(2) and openat(2). Returns a descriptor. EACCES, ELOOP, ENOENT, ENOTDIR, ENXIO, ESTALE. */
  static native int openat(int dirFd, byte[] path, int flags, int mode);

  /** close(2). Returns 0; the descriptor is gone even if it fails (EIO). */
  static native int close(int fd);

  /** flock(2). Returns 0. EWOULDBLOCK with LOCK_NB if another process holds the lock. */
  static native int flock(int fd, int operation);

  /** ioctl(2) with an integer argument. Returns 0 or a number that the request defines. */
  static native int ioctl(int fd, long request, long argument);

  /** ioctl(2) with a struct. Returns 0. LOOP_CONFIGURE: EBUSY; LOOP_GET_STATUS64: ENXIO if free. */
  static native int ioctl(int fd, long request, byte[] argument);

  /** statx(2). Returns 0 and fills a struct statx. EIO, ESTALE. */
  static native int statx(int dirFd, byte[] path, int flags, int mask, byte[] result);

  /** getdents64(2). Returns the bytes filled, 0 at the end. EINVAL if an entry does not fit. */
  static native long getdents64(int fd, byte[] entries, long size);

  /** readlinkat(2). Returns the bytes filled, without a NUL. EINVAL if it is not a symlink. */
  static native long readlinkat(int dirFd, byte[] path, byte[] target, long size);

  /** symlinkat(2). Returns 0. EEXIST. */
  static native int symlinkat(byte[] target, int dirFd, byte[] path);

  /** unlinkat(2). Returns 0. ENOENT; EISDIR for a directory. */
  static native int unlinkat(int dirFd, byte[] path, int flags);

  /** pread(2). Returns the bytes read, 0 at the end of the file. EIO, ESTALE. */
  static native long pread(int fd, byte[] buffer, long size, long offset);

  /** posix_fadvise(2). Returns 0 or an errno: EINVAL, ESPIPE. */
  static native int posix_fadvise(int fd, long from, long length, int advice);

  /** read(2). Returns the bytes read. ENODATA from a file system context without messages. */
  static native long read(int fd, byte[] buffer, long size);

  /** poll(2) of struct pollfd[count]; the time-out is in ms. Returns how many are ready. EINTR. */
  static native int poll(byte[] descriptors, long count, int timeout);

  /** umount2(2). Returns 0. EAGAIN with MNT_EXPIRE at the first call, EBUSY, EINVAL, EPERM. */
  static native int umount2(byte[] path, int flags);

  /** prctl(2). Returns 0 for PR_SET_NAME. */
  static native int prctl(
      int option, byte[] argument2, long argument3, long argument4, long argument5);

  /** madvise(2). Returns 0. EINVAL for a locked mapping. */
  static native int madvise(long address, long size, int advice);

  /** mmap(2). Returns an address. EACCES, ENODEV, ENOMEM. */
  static native long mmap(long address, long size, int access, int flags, int fd, long offset);

  /** munmap(2). Returns 0. */
  static native int munmap(long address, long size);

  /** mincore(2). Returns 0 and fills a byte for each page. */
  static native int mincore(long address, long size, byte[] pages);

  /** geteuid(2). Returns the effective user id; never fails. */
  static native int geteuid();

  /** clock_gettime(2). Returns 0 and fills a struct timespec. */
  static native int clock_gettime(int clock, byte[] time);

  /** isatty(3). Returns 1 for a terminal, else 0 (ENOTTY). */
  static native int isatty(int fd);

  /** socket(2). Returns a descriptor. EMFILE, ENFILE. */
  static native int socket(int domain, int type, int protocol);

  /** sendto(2). Returns the bytes sent. EAGAIN with MSG_DONTWAIT, ECONNREFUSED, ENOENT. */
  static native long sendto(
      int fd, byte[] message, long size, int flags, byte[] address, int addressSize);

  /**
   * openat2(2). Returns a descriptor. As openat(2); EXDEV with RESOLVE_BENEATH, EAGAIN in a race.
   *
   * <p>Also cachestat(2), with two structs and flags. Returns 0. ENOSYS before Linux 6.5, EPERM.
   */
  static native long syscall(long number, int dirFd, byte[] path, byte[] how, long size);

  /** statmount(2). Returns 0 and fills a struct statmount. ENOENT, ENOSYS before Linux 6.8. */
  static native long syscall(long number, byte[] request, byte[] result, long size, int flags);

  /** fsopen(2). Returns a descriptor. ENODEV for an unknown type, EPERM. */
  static native long syscall(long number, byte[] name, int flags);

  /**
   * open_tree(2). Returns a descriptor. ENOENT, EPERM.
   *
   * <p>Also bpf(2) with a command, its attributes and their size. EPERM, EINVAL, ENOSYS.
   */
  static native long syscall(long number, int dirFd, byte[] path, int flags);

  /**
   * fsmount(2). Returns a descriptor of a detached mount. EBUSY, EPERM.
   *
   * <p>Also ioprio_set(2) and setpriority(2). Return 0. EPERM.
   */
  static native long syscall(long number, int fd, int flags, int attributes);

  /** fsconfig(2). Returns 0. EINVAL for an unknown option or a bad image, EIO, EUCLEAN. */
  static native long syscall(
      long number, int fd, int command, byte[] key, byte[] value, int auxiliary);

  /** move_mount(2). Returns 0. EINVAL, ENOENT, EPERM. */
  static native long syscall(
      long number, int fromFd, byte[] fromPath, int toFd, byte[] toPath, int flags);
}
