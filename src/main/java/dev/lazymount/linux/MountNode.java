package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A mount and the mount that it is attached to, looked up in constant time by statx(2) with
 * STATX_MNT_ID_UNIQUE and statmount(2). Both came with Linux 6.8; on older kernels, and where a
 * seccomp filter refuses them, the lookups return empty.
 *
 * @param id the unique id of the mount, which the kernel never reuses
 * @param parent the unique id of the mount that it is attached to
 * @param device the device of its superblock, as {@link FileStatus#device(long, long)} packs it
 */
public record MountNode(long id, long parent, long device) {
  private static final int STATX_MNT_ID_UNIQUE = 0x4000;
  private static final int STATX_MASK = 0;
  private static final int STATX_MNT_ID = 144;

  private static final long STATMOUNT_SB_BASIC = 0x1;
  private static final long STATMOUNT_MNT_BASIC = 0x2;

  /** The size of struct mnt_id_req, first version. */
  private static final int REQUEST_SIZE = 24;

  /** The size of struct statmount without the strings that follow it. */
  private static final int RESULT_SIZE = 512;

  /** The mount through which a file was opened. Throws ENOMEM and other errors of the moment. */
  public static Optional<MountNode> of(Fd file) throws SyscallException {
    byte[] statx = new byte[FileStatus.SIZE];
    int flags = LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC;
    if (LibC.statx(file.raw(), LibC.cString(""), flags, STATX_MNT_ID_UNIQUE, statx) != 0) {
      throw new SyscallException("statx", LibC.errno());
    }
    ByteBuffer b = Struct.of(statx);
    boolean known = (b.getInt(STATX_MASK) & STATX_MNT_ID_UNIQUE) != 0;
    return known ? of(b.getLong(STATX_MNT_ID)) : Optional.empty();
  }

  /** The mount that this one is attached to. Throws as {@link #of}. */
  public Optional<MountNode> attachedTo() throws SyscallException {
    return of(parent);
  }

  private static Optional<MountNode> of(long id) throws SyscallException {
    byte[] request = new byte[REQUEST_SIZE];
    Struct.of(request)
        .putInt(0, REQUEST_SIZE)
        .putLong(8, id)
        .putLong(16, STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC);
    byte[] result = new byte[RESULT_SIZE];
    if (LibC.syscall(LibC.SYS_STATMOUNT, request, result, RESULT_SIZE, 0) != 0) {
      SyscallException e = new SyscallException("statmount", LibC.errno());
      if (e.is(Errno.ENOSYS, Errno.EPERM, Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
    ByteBuffer b = Struct.of(result);
    long device =
        FileStatus.device(
            Integer.toUnsignedLong(b.getInt(16)), Integer.toUnsignedLong(b.getInt(20)));
    return Optional.of(new MountNode(b.getLong(40), b.getLong(48), device));
  }
}
