package dev.lazymount.status;

/**
 * A process opened something under the root. All of it but the time comes from an unprivileged and
 * possibly hostile process: {@code path} and {@code comm} are any characters but NUL. What is
 * mounted ahead of its use has {@link #ahead} in the place of one.
 *
 * @param path the absolute path, as the trace program saw it; empty if nobody opened anything
 * @param pid the process
 * @param comm the name of its thread; fifteen bytes at most, chosen by itself
 * @param call by which system call, such as {@code openat}
 * @param seenNanos when the event was read, System.nanoTime()
 */
public record Access(String path, int pid, String comm, String call, long seenNanos) {
  /** The access that the warm list expects, and that is not there yet. */
  public static Access ahead(long nanos) {
    return new Access("", 0, "", "", nanos);
  }

  /** Whether somebody did open something; else the image is mounted for the warm list. */
  public boolean isUse() {
    return !path.isEmpty();
  }

  /** Who it was, fit for a log line: {@code cc1plus[4711] (openat)}. */
  public String by() {
    return isUse() ? printable(comm) + "[" + pid + "] (" + call + ")" : "the warm list";
  }

  /** The text with everything outside printable ASCII as {@code ?}. */
  public static String printable(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      safe.append(c < ' ' || c > '~' ? '?' : c);
    }
    return safe.toString();
  }
}
