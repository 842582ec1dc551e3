package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/**
 * The status of a file, as statx(2) returns it.
 *
 * @param type the type of the file
 * @param device the file system's device number, as {@link #device(long, long)} packs it
 * @param inode the inode number
 * @param size bytes
 * @param mtimeNanos time of the last change of content, nanoseconds since 1970
 * @param mode the permission bits
 * @param owner the user id of the owner
 * @param group the id of the group
 * @param mountRoot whether it is the root of a mount (STATX_ATTR_MOUNT_ROOT, Linux 5.8). Says in
 *     constant time whether something is mounted on a directory, where reading the mount table
 *     takes time that grows with the number of mounts
 */
public record FileStatus(
    FileType type,
    long device,
    long inode,
    long size,
    long mtimeNanos,
    int mode,
    int owner,
    int group,
    boolean mountRoot) {

  static final int STATX_BASIC_STATS = 0x7ff;
  static final int STATX_BTIME = 0x800;

  /** The size of struct statx. */
  static final int SIZE = 256;

  private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

  /** Reads a struct statx (linux/stat.h). */
  static FileStatus parse(byte[] statx) {
    ByteBuffer b = ByteBuffer.wrap(statx).order(ByteOrder.nativeOrder());
    int mode = Short.toUnsignedInt(b.getShort(28));
    return new FileStatus(
        FileType.ofMode(mode),
        device(Integer.toUnsignedLong(b.getInt(136)), Integer.toUnsignedLong(b.getInt(140))),
        b.getLong(32),
        b.getLong(40),
        b.getLong(112) * 1_000_000_000L + b.getInt(120),
        mode & 07777,
        b.getInt(20),
        b.getInt(24),
        (b.getLong(8) & b.getLong(56) & STATX_ATTR_MOUNT_ROOT) != 0);
  }

  /** The time of creation in a struct statx, nanoseconds since 1970; empty if it has none. */
  static OptionalLong birth(byte[] statx) {
    ByteBuffer b = ByteBuffer.wrap(statx).order(ByteOrder.nativeOrder());
    return (b.getInt(0) & STATX_BTIME) == 0
        ? OptionalLong.empty()
        : OptionalLong.of(b.getLong(80) * 1_000_000_000L + b.getInt(88));
  }

  /**
   * A device number in the encoding that stat(2) and LOOP_GET_STATUS64 use (the kernel's
   * huge_encode_dev).
   */
  public static long device(long major, long minor) {
    return (minor & 0xff) | (major << 8) | ((minor & ~0xffL) << 12);
  }

  /** The major number of {@link #device}. */
  public int major() {
    return major(device);
  }

  /** The major number of a {@link #device(long, long)}. */
  public static int major(long device) {
    return (int) ((device >> 8) & 0xfff);
  }

  /** The minor number of {@link #device}. */
  public int minor() {
    return minor(device);
  }

  /** The minor number of a {@link #device(long, long)}. */
  public static int minor(long device) {
    return (int) ((device & 0xff) | ((device >> 12) & 0xfff00));
  }
}
