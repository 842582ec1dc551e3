package dev.lazymount.mount.kernel;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import dev.lazymount.linux.Errno;
import java.util.List;

/**
 * src/test/c/failing.c, compiled: a C library that LD_PRELOAD puts before the JVM's own. Numbers
 * the native calls of the calling thread, and fails or kills at one of them.
 */
final class FailingLibrary {
  /** What happens at the call with the number. */
  enum Mode {
    /** Nothing. */
    COUNT,
    /** It fails and is not made. */
    FAIL_ONCE,
    /** It and all later ones fail and are not made. */
    FAIL_FROM,
    /** The process is killed right after it. */
    KILL_AFTER
  }

  private static final int EMFILE = 24;
  private static final int ENOSPC = 28;
  private static final int ENOLCK = 37;
  private static final int ENOTBLK = 15;

  static {
    Native.register(FailingLibrary.class, NativeLibrary.getInstance("c"));
  }

  private FailingLibrary() {}

  private static native void failing_arm(int mode, long target, int error);

  private static native long failing_disarm();

  private static native String failing_name(long n);

  private static native int failing_fork();

  private static native void failing_exit(int status);

  private static native int failing_wait(int pid, int millis);

  /** The modes of failing.c have the same order. */
  @SuppressWarnings("EnumOrdinal")
  static void arm(Mode mode, long target, int errno) {
    failing_arm(mode.ordinal(), target, errno);
  }

  /** Ends the numbering; returns how many calls there were. */
  static long disarm() {
    return failing_disarm();
  }

  /** The name of a call of the last numbering. */
  static String name(long n) {
    return failing_name(n);
  }

  /**
   * Runs something in a copy of this process, by fork(2). The copy has this thread alone, which is
   * all that a JVM needs that has loaded its classes and has an empty heap.
   *
   * @param millis it is killed if it takes longer
   * @return its status as of wait(2), or -1 if it took longer
   */
  static int fork(Runnable inCopy, int millis) {
    System.gc();
    int pid = failing_fork();
    if (pid == 0) {
      inCopy.run();
      failing_exit(0);
    }
    return failing_wait(pid, millis);
  }

  /** The errnos with which a call can fail in practice. */
  static List<Integer> errnos(String call) {
    return switch (call) {
      case "open", "openat", "openat2" ->
          List.of(Errno.ENOENT, Errno.EACCES, Errno.EIO, Errno.ESTALE, EMFILE);
      case "close" -> List.of(Errno.EIO, Errno.EINTR);
      case "flock" -> List.of(Errno.EAGAIN, Errno.EINTR, ENOLCK);
      case "LOOP_CTL_GET_FREE" -> List.of(Errno.EAGAIN, Errno.EPERM, ENOSPC);
      case "LOOP_CONFIGURE" ->
          List.of(Errno.EBUSY, Errno.EAGAIN, Errno.ENXIO, Errno.EINVAL, Errno.EIO, Errno.ENOMEM);
      case "LOOP_GET_STATUS64" -> List.of(Errno.ENXIO, Errno.EAGAIN, Errno.EIO);
      case "statx" -> List.of(Errno.EIO, Errno.ESTALE, Errno.EACCES, Errno.ENOMEM);
      case "getdents64" -> List.of(Errno.EIO, Errno.ESTALE, Errno.ENOENT, Errno.EUCLEAN);
      case "readlinkat" -> List.of(Errno.EIO, Errno.ENOENT, Errno.EACCES);
      case "symlinkat" -> List.of(Errno.EEXIST, ENOSPC, Errno.EROFS);
      case "unlinkat" -> List.of(Errno.ENOENT, Errno.EIO, Errno.EROFS);
      case "pread", "read" -> List.of(Errno.EIO, Errno.ESTALE, Errno.EINTR, Errno.ENODATA);
      case "umount2" -> List.of(Errno.EBUSY, Errno.EINVAL, Errno.EAGAIN, Errno.EPERM, Errno.ENOMEM);
      case "open_tree" -> List.of(Errno.EPERM, Errno.ENOENT, Errno.ENOMEM, EMFILE);
      case "move_mount" ->
          List.of(Errno.EINVAL, Errno.ENOENT, Errno.EPERM, Errno.EBUSY, Errno.ENOMEM, ENOSPC);
      case "fsopen" -> List.of(Errno.ENODEV, Errno.EPERM, Errno.ENOMEM, EMFILE);
      case "fsconfig" ->
          List.of(
              Errno.EINVAL,
              Errno.EIO,
              Errno.EUCLEAN,
              Errno.EBUSY,
              Errno.ENOMEM,
              Errno.EACCES,
              ENOTBLK);
      case "fsmount" -> List.of(Errno.EBUSY, Errno.EPERM, Errno.ENOMEM, EMFILE);
      case "statmount" -> List.of(Errno.ENOSYS, Errno.ENOENT, Errno.ENOMEM);
      default -> List.of(Errno.EIO);
    };
  }
}
