package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Identifies a directory by its superblock and inode, as a trace program sees them in the kernel.
 *
 * @param device the device of the superblock, as {@link FileStatus#device()}. It is read from the
 *     mount table, because stat(2) returns another one on some file systems (btrfs)
 * @param inode the inode number
 * @param inodesAreUnique whether inode numbers are unique in the superblock; false where its parts
 *     have device numbers of their own, as btrfs subvolumes do
 */
public record SuperblockId(long device, long inode, boolean inodesAreUnique) {
  /** Looks up a directory; follows symlinks. ENOENT or ENOTDIR if it is not a directory. */
  public static SuperblockId of(String path) throws SyscallException {
    try (Fd fd = Fd.openPath(path)) {
      FileStatus status = fd.status();
      long superblock = superblock(fd, status.device());
      return new SuperblockId(superblock, status.inode(), superblock == status.device());
    }
  }

  /** The device as in s_dev of struct super_block: major in the upper 12 bits, minor in 20. */
  public long kernelDevice() {
    return ((long) FileStatus.major(device) << 20) | FileStatus.minor(device);
  }

  private static long superblock(Fd fd, long otherwise) {
    try {
      int mount =
          Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd.raw())).stream()
              .filter(line -> line.startsWith("mnt_id:"))
              .mapToInt(line -> Integer.parseInt(line.substring("mnt_id:".length()).strip()))
              .findFirst()
              .orElse(-1);
      return MountInfo.read().stream()
          .filter(info -> info.id() == mount)
          .mapToLong(MountInfo::device)
          .findFirst()
          .orElse(otherwise);
    } catch (IOException e) {
      return otherwise;
    }
  }
}
