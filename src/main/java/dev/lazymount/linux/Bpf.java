package dev.lazymount.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;

/** Asks the kernel by bpf(2) whether it accepts a kind of program. */
public final class Bpf {
  private static final int PROG_LOAD = 5;

  /** BPF_PROG_TYPE_TRACING, and BPF_TRACE_FENTRY. */
  private static final int TRACING = 26;

  private static final int FENTRY = 24;

  /** {@code r0 = 0; exit;}. */
  private static final long[] NOTHING = {0xb7, 0x95};

  /** union bpf_attr up to attach_prog_fd, and offsets of its members. */
  private static final int ATTR_SIZE = 120;

  private static final int TYPE = 0;
  private static final int COUNT = 4;
  private static final int INSTRUCTIONS = 8;
  private static final int LICENSE = 16;
  private static final int ATTACH_TYPE = 68;
  private static final int ATTACH_BTF_ID = 108;

  private Bpf() {}

  /**
   * Loads a program that does nothing and would run at the start of a kernel function, and drops
   * it. It is not attached.
   *
   * @param function the number of the function in the kernel's type information
   * @throws SyscallException EPERM if the caller may not, or the kernel accepts no such programs
   *     from it; EINVAL if it knows none or the function can't have one; ENOSYS without bpf(2)
   */
  public static void tryFentry(int function) throws SyscallException {
    byte[] license = "GPL\0".getBytes(StandardCharsets.US_ASCII);
    try (Memory text = new Memory((long) NOTHING.length * Long.BYTES);
        Memory gpl = new Memory(license.length)) {
      text.write(0, NOTHING, 0, NOTHING.length);
      gpl.write(0, license, 0, license.length);
      byte[] attr = new byte[ATTR_SIZE];
      Struct.of(attr)
          .putInt(TYPE, TRACING)
          .putInt(COUNT, NOTHING.length)
          .putLong(INSTRUCTIONS, Pointer.nativeValue(text))
          .putLong(LICENSE, Pointer.nativeValue(gpl))
          .putInt(ATTACH_TYPE, FENTRY)
          .putInt(ATTACH_BTF_ID, function);
      long fd = LibC.syscall(LibC.SYS_BPF, PROG_LOAD, attr, ATTR_SIZE);
      if (fd < 0) {
        throw new SyscallException("load a program of type fentry", LibC.errno());
      }
      LibC.close((int) fd);
    }
  }
}
