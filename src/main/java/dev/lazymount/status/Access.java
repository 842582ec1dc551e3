package dev.lazymount.status;

import dev.lazymount.text.Printable;

/**
 * A process opened a path under the root. Everything but the time comes from an unprivileged and
 * possibly hostile process: {@code path} and {@code comm} may hold any character but NUL. An image
 * that is mounted for the warm list has {@link #ahead} instead of a real access.
 *
 * @param path the absolute path, as the trace program saw it; empty if nothing was opened
 * @param pid the process id
 * @param comm the name of its thread, at most 15 bytes, chosen by the process
 * @param call the system call, such as {@code openat}
 * @param kind whether the file was opened for writing
 * @param seenNanos when the event was read, System.nanoTime()
 */
public record Access(String path, int pid, String comm, String call, Kind kind, long seenNanos) {
  /** What a file was opened for. */
  public enum Kind {
    /** Reading or running it: a use of the compiler. */
    USE,
    /** Writing or creating it: no use, and a reason not to mount anything over it. */
    WRITE
  }

  /** A use. */
  public Access(String path, int pid, String comm, String call, long seenNanos) {
    this(path, pid, comm, call, Kind.USE, seenNanos);
  }

  /** The access that the warm list expects. */
  public static Access ahead(long nanos) {
    return new Access("", 0, "", "", nanos);
  }

  /** Whether a process opened a path; otherwise the image is mounted for the warm list. */
  public boolean isUse() {
    return !path.isEmpty();
  }

  /** Whether something was opened for writing, created, or renamed to this path. */
  public boolean isWrite() {
    return kind == Kind.WRITE;
  }

  /** Who it was, fit for a log line: {@code cc1plus[4711] (openat)}. */
  public String by() {
    return isUse() ? process() + " (" + call + ")" : "the warm list";
  }

  /** Which process it was, fit for a log line: {@code cc1plus[4711]}. */
  public String process() {
    return Printable.of(comm) + "[" + pid + "]";
  }
}
