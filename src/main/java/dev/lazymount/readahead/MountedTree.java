package dev.lazymount.readahead;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;

/**
 * Opens the top directory of a mounted image through a copy of its mount (open_tree(2)). The copy
 * is attached nowhere: files opened through it keep the file system, and not the mount. So
 * umount2(2) succeeds while they are open, and no path below it leads into another mount.
 */
final class MountedTree {
  private MountedTree() {}

  /**
   * The top directory.
   *
   * @param name the image's name
   * @param device what must be mounted there, such as {@code /dev/loop3} or {@code 0:45}
   * @throws SyscallException EXDEV if something else is mounted there
   */
  static Fd open(String root, String name, String device) throws SyscallException {
    try (Fd place = Fd.openPath(root)) {
      Fd copy;
      try (Fd top = place.openDirectoryPathBeneath(name)) {
        copy = Mounts.copyWithoutMountsInside("/proc/self/fd/" + top.raw());
      }
      if (!device(copy.cachedStatus()).equals(device)) {
        copy.close();
        throw new SyscallException(name + " is not mounted from " + device, Errno.EXDEV);
      }
      return copy;
    }
  }

  private static String device(FileStatus status) {
    return status.major() == LoopDevice.MAJOR
        ? "/dev/loop" + status.minor()
        : status.major() + ":" + status.minor();
  }
}
