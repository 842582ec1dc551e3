package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * Which directory a path leads to, and through which mount: two equal values mean that nothing was
 * mounted on the path, unmounted from it or renamed in between.
 *
 * @param device the file system's device, as {@link FileStatus#device(long, long)} packs it
 * @param inode the inode number
 * @param mount the id of the mount: never reused since Linux 6.8 (STATX_MNT_ID_UNIQUE), the mount
 *     table's since 5.8 (STATX_MNT_ID), 0 before
 */
public record DirectoryId(long device, long inode, long mount) {
  private static final int STATX_MNT_ID = 0x1000;
  private static final int STATX_MNT_ID_UNIQUE = 0x4000;

  /** Offsets in struct statx. */
  private static final int MASK = 0;

  private static final int INODE = 32;
  private static final int MAJOR = 136;
  private static final int MINOR = 140;
  private static final int MOUNT = 144;

  /**
   * The directory at this path; follows symlinks. No file system is asked for the status, but
   * walking the path may ask a network file system, and block with it. ENOENT if it is missing,
   * ENOTDIR if it is not a directory.
   */
  public static DirectoryId of(String path) throws SyscallException {
    try (Fd directory = Fd.openPath(path)) {
      ByteBuffer b =
          statx(directory, FileStatus.STATX_BASIC_STATS | STATX_MNT_ID | STATX_MNT_ID_UNIQUE);
      boolean known = (b.getInt(MASK) & (STATX_MNT_ID | STATX_MNT_ID_UNIQUE)) != 0;
      return new DirectoryId(
          FileStatus.device(
              Integer.toUnsignedLong(b.getInt(MAJOR)), Integer.toUnsignedLong(b.getInt(MINOR))),
          b.getLong(INODE),
          known ? b.getLong(MOUNT) : 0);
    }
  }

  /** The {@link MountInfo#id} of the mount that a directory is on; empty before Linux 5.8. */
  public static OptionalInt mountOf(Fd directory) throws SyscallException {
    ByteBuffer b = statx(directory, STATX_MNT_ID);
    return (b.getInt(MASK) & STATX_MNT_ID) == 0
        ? OptionalInt.empty()
        : OptionalInt.of((int) b.getLong(MOUNT));
  }

  /** Whether both are the same directory, through whatever mounts. */
  public boolean isSameDirectory(DirectoryId other) {
    return device == other.device && inode == other.inode;
  }

  private static ByteBuffer statx(Fd directory, int mask) throws SyscallException {
    byte[] result = new byte[FileStatus.SIZE];
    int flags = LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC;
    if (LibC.statx(directory.raw(), LibC.cString(""), flags, mask, result) != 0) {
      throw new SyscallException("statx", LibC.errno());
    }
    return Struct.of(result);
  }
}
