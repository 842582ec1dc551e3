package dev.lazymount.linux;

/** The name of a thread in the kernel (comm), as {@code top -H} and the trace show it. */
public final class ThreadName {
  private static final int PR_SET_NAME = 15;

  private ThreadName() {}

  /**
   * Names the calling thread: prctl(2), PR_SET_NAME.
   *
   * @param name cut to 15 bytes by the kernel
   */
  public static void set(String name) {
    LibC.prctl(PR_SET_NAME, LibC.cString(name), 0, 0, 0);
  }
}
