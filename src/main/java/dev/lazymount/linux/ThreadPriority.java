package dev.lazymount.linux;

/** The priority of a thread, which Linux has for each thread of a process. */
public final class ThreadPriority {
  /** These numbers differ between architectures (asm/unistd.h). */
  private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

  private static final long SYS_IOPRIO_SET = ARM ? 30 : 251;
  private static final long SYS_SETPRIORITY = ARM ? 140 : 141;
  private static final int IOPRIO_WHO_PROCESS = 1;
  private static final int IOPRIO_CLASS_IDLE = 3 << 13;
  private static final int PRIO_PROCESS = 0;

  private ThreadPriority() {}

  /**
   * Gives the calling thread idle I/O priority (ioprio_set(2)) and this nice value
   * (setpriority(2)). Needs no capability; there is no way back without CAP_SYS_NICE.
   *
   * @throws SyscallException EPERM if a seccomp filter refuses it
   */
  public static void lower(int nice) throws SyscallException {
    if (LibC.syscall(SYS_IOPRIO_SET, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_IDLE) != 0) {
      throw new SyscallException("ioprio_set", LibC.errno());
    }
    if (LibC.syscall(SYS_SETPRIORITY, PRIO_PROCESS, 0, nice) != 0) {
      throw new SyscallException("setpriority", LibC.errno());
    }
  }
}
