package dev.lazymount.linux;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The C library by JNA direct mapping. Internal to this package.
 *
 * <p>Every function returns what C returns: -1 (or NULL) for a failure, with the errno to be read
 * by {@link #errno()} at once and on the same thread. Buffers are byte arrays: JNA copies them in
 * and back, and no native memory is left to a garbage collector.
 *
 * <p>The variadic functions (open, ioctl, syscall) are called as plain ones: on x86-64 and AArch64
 * Linux integers and pointers travel in the same registers either way.
 */
final class LibC {
  /** Since Linux 5.2/5.6 the numbers of new system calls are the same on every architecture. */
  static final long SYS_MOVE_MOUNT = 429;

  static final long SYS_OPEN_TREE = 428;

  static final long SYS_FSOPEN = 430;
  static final long SYS_FSCONFIG = 431;
  static final long SYS_FSMOUNT = 432;
  static final long SYS_OPENAT2 = 437;
  static final long SYS_STATMOUNT = 457;

  static final int AT_FDCWD = -100;
  static final int AT_EMPTY_PATH = 0x1000;
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
   * A string as C wants it: UTF-8 with a NUL at the end.
   *
   * @throws IllegalArgumentException if the string has a NUL inside, where C would cut it off
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

  static native int openat(int dirFd, byte[] path, int flags, int mode);

  static native int close(int fd);

  static native int flock(int fd, int operation);

  static native int ioctl(int fd, long request, long argument);

  static native int ioctl(int fd, long request, byte[] argument);

  static native int statx(int dirFd, byte[] path, int flags, int mask, byte[] result);

  static native long getdents64(int fd, byte[] entries, long size);

  static native long readlinkat(int dirFd, byte[] path, byte[] target, long size);

  static native int symlinkat(byte[] target, int dirFd, byte[] path);

  static native int unlinkat(int dirFd, byte[] path, int flags);

  static native long pread(int fd, byte[] buffer, long size, long offset);

  static native long read(int fd, byte[] buffer, long size);

  /** struct pollfd[count]; milliseconds. */
  static native int poll(byte[] descriptors, long count, int timeout);

  static native int umount2(byte[] path, int flags);

  static native int prctl(
      int option, byte[] argument2, long argument3, long argument4, long argument5);

  static native int madvise(long address, long size, int advice);

  static native int geteuid();

  static native int clock_gettime(int clock, byte[] time);

  static native int isatty(int fd);

  static native int socket(int domain, int type, int protocol);

  static native long sendto(
      int fd, byte[] message, long size, int flags, byte[] address, int addressSize);

  /** openat2(2). */
  static native long syscall(long number, int dirFd, byte[] path, byte[] how, long size);

  /** statmount(2). */
  static native long syscall(long number, byte[] request, byte[] result, long size, int flags);

  /** fsopen(2). */
  static native long syscall(long number, byte[] name, int flags);

  /** open_tree(2). */
  static native long syscall(long number, int dirFd, byte[] path, int flags);

  /** fsmount(2). */
  static native long syscall(long number, int fd, int flags, int attributes);

  /** fsconfig(2). */
  static native long syscall(
      long number, int fd, int command, byte[] key, byte[] value, int auxiliary);

  /** move_mount(2). */
  static native long syscall(
      long number, int fromFd, byte[] fromPath, int toFd, byte[] toPath, int flags);
}
