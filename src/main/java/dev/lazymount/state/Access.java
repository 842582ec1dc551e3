package dev.lazymount.state;

/**
 * A process opened something under the root. All of it but the time comes from an unprivileged and
 * possibly hostile process: {@code path} and {@code comm} are any characters but NUL.
 *
 * @param path the absolute path, as the trace program saw it
 * @param pid the process
 * @param comm the name of its thread; fifteen bytes at most, chosen by itself
 * @param call by which system call, such as {@code openat}
 * @param seenNanos when the event was read, System.nanoTime()
 */
public record Access(String path, int pid, String comm, String call, long seenNanos) {
  /** Who it was, fit for a log line: {@code cc1plus[4711] by openat}. */
  public String by() {
    return printable(comm) + "[" + pid + "] by " + call;
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
