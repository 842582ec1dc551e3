package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A file system that is being set up with the mount API of Linux 5.2: fsopen(2), fsconfig(2),
 * fsmount(2). {@link #mount()} returns a detached mount: it can be read and checked, but no path
 * leads to it, it is not in the mount table, and closing it undoes it.
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
   * @param type the file system's type, such as {@code squashfs}
   * @throws SyscallException ENODEV if the kernel does not have that type, EPERM without
   *     CAP_SYS_ADMIN
   */
  public static FsContext open(String type) throws SyscallException {
    long fd = LibC.syscall(LibC.SYS_FSOPEN, LibC.cString(type), FSOPEN_CLOEXEC);
    if (fd < 0) {
      throw new SyscallException("fsopen " + type, LibC.errno());
    }
    return new FsContext(new Fd((int) fd));
  }

  /** fsconfig(2) of an option without a value, such as {@code ro}. EINVAL if it is unknown. */
  public void set(String key) throws SyscallException {
    configure(FSCONFIG_SET_FLAG, key, null);
  }

  /**
   * fsconfig(2) of an option with a value, such as {@code source} and {@code /dev/loop3}. EINVAL if
   * the option is unknown or the value invalid.
   */
  public void set(String key, String value) throws SyscallException {
    configure(FSCONFIG_SET_STRING, key, value);
  }

  /**
   * fsconfig(2), FSCONFIG_CMD_CREATE: reads the superblock. An image that is damaged fails here,
   * with EINVAL, EIO, or an errno of its file system such as EUCLEAN; {@link #log} says more.
   */
  public void create() throws SyscallException {
    configure(FSCONFIG_CMD_CREATE, null, null);
  }

  /** fsmount(2): a detached mount that is read-only, nosuid and nodev. */
  public Fd mount() throws SyscallException {
    int attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    long mount = LibC.syscall(LibC.SYS_FSMOUNT, fd.raw(), FSMOUNT_CLOEXEC, attributes);
    if (mount < 0) {
      throw new SyscallException("fsmount", LibC.errno());
    }
    return new Fd((int) mount);
  }

  /**
   * The messages of the kernel for this context since the last call, such as {@code e squashfs:
   * ...}; often there are none.
   */
  public List<String> log() {
    List<String> lines = new ArrayList<>();
    byte[] buffer = new byte[1024];
    // Each read returns one message, and ENODATA after the last. The kernel keeps at most eight.
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
