package dev.lazymount.linux;

import java.io.IOException;

/**
 * A system call that failed: which one, on what, and the errno. The message reads {@code openat
 * images/arm64: ENOENT (No such file or directory)}.
 */
public class SyscallException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final int errno;

  /**
   * A failure of {@code operation}.
   *
   * @param operation the call and its object, such as {@code openat images/arm64}
   * @param errno the error number, as in errno(3)
   */
  public SyscallException(String operation, int errno) {
    super(operation + ": " + Errno.describe(errno));
    this.operation = operation;
    this.errno = errno;
  }

  /** The call and its object, such as {@code openat images/arm64}. */
  public String operation() {
    return operation;
  }

  /** The error number; {@link Errno} has the names. */
  public int errno() {
    return errno;
  }

  /** Whether the error number is one of these. */
  public boolean is(int... errnos) {
    for (int e : errnos) {
      if (e == errno) {
        return true;
      }
    }
    return false;
  }
}
