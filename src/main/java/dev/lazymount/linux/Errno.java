package dev.lazymount.linux;

import java.util.HashMap;
import java.util.Map;

/**
 * Error numbers by name. The values are those of Linux' generic table (asm-generic/errno.h), which
 * x86-64 and AArch64 share; the texts are strerror(3)'s.
 */
public final class Errno {
  /** Operation not permitted. */
  public static final int EPERM = 1;

  /** No such file or directory. */
  public static final int ENOENT = 2;

  /** Input/output error. */
  public static final int EIO = 5;

  /** No such device or address. */
  public static final int ENXIO = 6;

  /** Resource temporarily unavailable. */
  public static final int EAGAIN = 11;

  /** Cannot allocate memory. */
  public static final int ENOMEM = 12;

  /** Permission denied. */
  public static final int EACCES = 13;

  /** File exists. */
  public static final int EEXIST = 17;

  /** Device or resource busy. */
  public static final int EBUSY = 16;

  /** Invalid cross-device link. */
  public static final int EXDEV = 18;

  /** No such device. */
  public static final int ENODEV = 19;

  /** Not a directory. */
  public static final int ENOTDIR = 20;

  /** Invalid argument. */
  public static final int EINVAL = 22;

  /** Function not implemented. */
  public static final int ENOSYS = 38;

  /** Too many levels of symbolic links. */
  public static final int ELOOP = 40;

  /** Operation not supported. */
  public static final int EOPNOTSUPP = 95;

  /** No data available. */
  public static final int ENODATA = 61;

  /** Stale file handle. */
  public static final int ESTALE = 116;

  /** Structure needs cleaning. */
  public static final int EUCLEAN = 117;

  /** Bad message. */
  public static final int EBADMSG = 74;

  /** Read-only file system. */
  public static final int EROFS = 30;

  /** Interrupted system call. */
  public static final int EINTR = 4;

  private static final Map<Integer, String[]> NAMES = new HashMap<>();

  static {
    name(1, "EPERM", "Operation not permitted");
    name(2, "ENOENT", "No such file or directory");
    name(4, "EINTR", "Interrupted system call");
    name(5, "EIO", "Input/output error");
    name(6, "ENXIO", "No such device or address");
    name(7, "E2BIG", "Argument list too long");
    name(9, "EBADF", "Bad file descriptor");
    name(11, "EAGAIN", "Resource temporarily unavailable");
    name(12, "ENOMEM", "Cannot allocate memory");
    name(13, "EACCES", "Permission denied");
    name(14, "EFAULT", "Bad address");
    name(15, "ENOTBLK", "Block device required");
    name(16, "EBUSY", "Device or resource busy");
    name(17, "EEXIST", "File exists");
    name(18, "EXDEV", "Invalid cross-device link");
    name(19, "ENODEV", "No such device");
    name(20, "ENOTDIR", "Not a directory");
    name(21, "EISDIR", "Is a directory");
    name(22, "EINVAL", "Invalid argument");
    name(23, "ENFILE", "Too many open files in system");
    name(24, "EMFILE", "Too many open files");
    name(25, "ENOTTY", "Inappropriate ioctl for device");
    name(26, "ETXTBSY", "Text file busy");
    name(27, "EFBIG", "File too large");
    name(28, "ENOSPC", "No space left on device");
    name(30, "EROFS", "Read-only file system");
    name(32, "EPIPE", "Broken pipe");
    name(34, "ERANGE", "Numerical result out of range");
    name(35, "EDEADLK", "Resource deadlock avoided");
    name(36, "ENAMETOOLONG", "File name too long");
    name(38, "ENOSYS", "Function not implemented");
    name(39, "ENOTEMPTY", "Directory not empty");
    name(40, "ELOOP", "Too many levels of symbolic links");
    name(61, "ENODATA", "No data available");
    name(62, "ETIME", "Timer expired");
    name(71, "EPROTO", "Protocol error");
    name(74, "EBADMSG", "Bad message");
    name(75, "EOVERFLOW", "Value too large for defined data type");
    name(95, "EOPNOTSUPP", "Operation not supported");
    name(105, "ENOBUFS", "No buffer space available");
    name(110, "ETIMEDOUT", "Connection timed out");
    name(111, "ECONNREFUSED", "Connection refused");
    name(112, "EHOSTDOWN", "Host is down");
    name(113, "EHOSTUNREACH", "No route to host");
    name(114, "EALREADY", "Operation already in progress");
    name(116, "ESTALE", "Stale file handle");
    name(117, "EUCLEAN", "Structure needs cleaning");
    name(121, "EREMOTEIO", "Remote I/O error");
    name(122, "EDQUOT", "Disk quota exceeded");
    name(125, "ECANCELED", "Operation canceled");
  }

  private Errno() {}

  private static void name(int errno, String name, String text) {
    NAMES.put(errno, new String[] {name, text});
  }

  /** The name, such as {@code ENOENT}; {@code errno 123} for one that has none here. */
  public static String name(int errno) {
    String[] known = NAMES.get(errno);
    return known == null ? "errno " + errno : known[0];
  }

  /** Name and text, such as {@code ENOENT (No such file or directory)}. */
  public static String describe(int errno) {
    String[] known = NAMES.get(errno);
    return known == null ? "errno " + errno : known[0] + " (" + known[1] + ")";
  }
}
