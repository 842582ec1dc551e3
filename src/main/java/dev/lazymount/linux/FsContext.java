package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A file system being set up by the mount API of Linux 5.2: fsopen(2), fsconfig(2), fsmount(2).
 * What {@link #mount()} returns is detached: it can be read and checked, nobody else can see it,
 * the mount table does not have it, and closing it is all it takes to undo it.
 */
public final class FsContext implements AutoCloseable {
  private static final int FSOPEN_CLOEXEC = 1;
  private static final int FSMOUNT_CLOEXEC = 1;
  private static final int FSCONFIG_SET_FLAG = 0;
  private static final int FSCONFIG_SET_STRING = 1;
  private static final int FSCONFIG_CMD_CREATE = 6;
  private static final int MOUNT_ATTR_RDONLY = 0x1;
  private static final int MOUNT_ATTR_NOSUID = 0x2;
  private static final int MOUNT_ATTR_NODEV = 0x4;

  private final Fd fd;

  private FsContext(Fd fd) {
    this.fd = fd;
  }

  /**
   * fsopen(2).
   *
   * @param type the file system's name, such as {@code squashfs}; ENODEV if the kernel has none
   */
  public static FsContext open(String type) throws SyscallException {
    long fd = LibC.syscall(LibC.SYS_FSOPEN, LibC.cString(type), FSOPEN_CLOEXEC);
    if (fd < 0) {
      throw new SyscallException("fsopen " + type, LibC.errno());
    }
    return new FsContext(new Fd((int) fd));
  }

  /** fsconfig(2) of an option without a value, such as {@code ro}. */
  public void set(String key) throws SyscallException {
    configure(FSCONFIG_SET_FLAG, key, null);
  }

  /** fsconfig(2) of an option with a value, such as {@code source} and {@code /dev/loop3}. */
  public void set(String key, String value) throws SyscallException {
    configure(FSCONFIG_SET_STRING, key, value);
  }

  /** fsconfig(2), FSCONFIG_CMD_CREATE: reads the superblock. A bad image fails here. */
  public void create() throws SyscallException {
    configure(FSCONFIG_CMD_CREATE, null, null);
  }

  /** fsmount(2): a detached mount, read-only, without set-user-id programs and device nodes. */
  public Fd mount() throws SyscallException {
    int attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    long mount = LibC.syscall(LibC.SYS_FSMOUNT, fd.raw(), FSMOUNT_CLOEXEC, attributes);
    if (mount < 0) {
      throw new SyscallException("fsmount", LibC.errno());
    }
    return new Fd((int) mount);
  }

  /**
   * What the kernel wrote of this file system so far, a line each, such as {@code e squashfs: ...};
   * empty where it said nothing. Reading takes the lines away.
   */
  public List<String> log() {
    List<String> lines = new ArrayList<>();
    byte[] buffer = new byte[1024];
    // Each read gives one message; ENODATA ends them. The kernel keeps eight at most.
    for (int i = 0; i < 8; i++) {
      long n = LibC.read(fd.raw(), buffer, buffer.length);
      if (n <= 0) {
        break;
      }
      lines.add(new String(buffer, 0, (int) n, StandardCharsets.UTF_8).strip());
    }
    return lines;
  }

  @Override
  public void close() {
    fd.close();
  }

  private void configure(int command, String key, String value) throws SyscallException {
    byte[] k = key == null ? null : LibC.cString(key);
    byte[] v = value == null ? null : LibC.cString(value);
    if (LibC.syscall(LibC.SYS_FSCONFIG, fd.raw(), command, k, v, 0) != 0) {
      int errno = LibC.errno();
      String what = key == null ? "create" : value == null ? key : key + "=" + value;
      throw new SyscallException("fsconfig " + what, errno);
    }
  }
}
