package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One mount and what it is attached to, in constant time: statx(2) with STATX_MNT_ID_UNIQUE and
 * statmount(2), both since Linux 6.8. Before, and where a seccomp filter does not know them,
 * nothing is told.
 *
 * @param id of the mount, never used again
 * @param parent the id of the mount that it is attached to
 * @param device the file system's device, as {@link FileStatus#device(long, long)} packs it
 */
public record MountNode(long id, long parent, long device) {
  private static final int STATX_MNT_ID_UNIQUE = 0x4000;
  private static final int STATX_MASK = 0;
  private static final int STATX_MNT_ID = 144;

  private static final long STATMOUNT_SB_BASIC = 0x1;
  private static final long STATMOUNT_MNT_BASIC = 0x2;

  /** struct mnt_id_req, its first version. */
  private static final int REQUEST_SIZE = 24;

  /** struct statmount without the strings behind it. */
  private static final int RESULT_SIZE = 512;

  /** The mount that a file is on: that on top, if the file was opened through what is mounted. */
  public static Optional<MountNode> of(Fd file) {
    byte[] statx = new byte[FileStatus.SIZE];
    int flags = LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC;
    if (LibC.statx(file.raw(), LibC.cString(""), flags, STATX_MNT_ID_UNIQUE, statx) != 0) {
      return Optional.empty();
    }
    ByteBuffer b = Struct.of(statx);
    boolean told = (b.getInt(STATX_MASK) & STATX_MNT_ID_UNIQUE) != 0;
    return told ? of(b.getLong(STATX_MNT_ID)) : Optional.empty();
  }

  /** The mount that this one is attached to. */
  public Optional<MountNode> attachedTo() {
    return of(parent);
  }

  private static Optional<MountNode> of(long id) {
    byte[] request = new byte[REQUEST_SIZE];
    Struct.of(request)
        .putInt(0, REQUEST_SIZE)
        .putLong(8, id)
        .putLong(16, STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC);
    byte[] result = new byte[RESULT_SIZE];
    if (LibC.syscall(LibC.SYS_STATMOUNT, request, result, RESULT_SIZE, 0) != 0) {
      return Optional.empty();
    }
    ByteBuffer b = Struct.of(result);
    long device =
        FileStatus.device(
            Integer.toUnsignedLong(b.getInt(16)), Integer.toUnsignedLong(b.getInt(20)));
    return Optional.of(new MountNode(b.getLong(40), b.getLong(48), device));
  }
}
