package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a directory is, as the kernel itself has it.
 *
 * @param device the device of its superblock, as {@link FileStatus#device()}. On some file systems
 *     (btrfs) that is not what stat(2) says, so it is taken from the mount table
 * @param inode its inode number
 * @param inodesAreUnique whether no other file of the superblock has that number; not so where
 *     parts of it have device numbers of their own, as btrfs subvolumes have
 */
public record SuperblockId(long device, long inode, boolean inodesAreUnique) {
  /** The place of a directory; symlinks are followed. */
  public static SuperblockId of(String path) throws SyscallException {
    try (Fd fd = Fd.openPath(path)) {
      FileStatus status = fd.status();
      long superblock = superblock(fd, status.device());
      return new SuperblockId(superblock, status.inode(), superblock == status.device());
    }
  }

  /** The device as struct super_block has it in s_dev: major in the upper 12 bits, minor in 20. */
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
