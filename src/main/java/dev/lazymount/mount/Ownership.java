package dev.lazymount.mount;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.SyscallException;
import java.util.Optional;

/**
 * Whose a mount is: ours if a file of our image directory is behind it, whoever mounted it.
 *
 * @param images the image directory
 */
record Ownership(ImageDirectory images) {
  /** What the kernel's NFS client calls a file that it has in use and was to delete (unlink.c). */
  private static final String KEPT_BY_NFS = ".nfs";

  /**
   * What is mounted on a target.
   *
   * @param file the image that belongs there
   * @param target where it belongs, for people
   * @param mounted what statx(2) says of the mount's root
   * @throws MountFailure if it is not ours
   */
  Mounter.Mounted of(String file, String target, FileStatus mounted)
      throws MountFailure, SyscallException {
    Optional<Mounter.Generation> image = images.generation(file);
    if (mounted.major() == LoopDevice.MAJOR) {
      String device = "/dev/loop" + mounted.minor();
      if (isBehind(image, mounted.minor())) {
        return new Mounter.Mounted(device, true, image.orElse(null));
      }
      if (hadName(file, mounted.minor())) {
        // Where there is no image now, the mounted one is the newest there is.
        String outdated = image.isPresent() ? "its image was replaced" : null;
        return new Mounter.Mounted(device, true, null, outdated);
      }
    }
    throw new MountFailure(
        MountFailure.Kind.OTHER,
        "something else than the image is mounted on "
            + target
            + " (device "
            + mounted.major()
            + ":"
            + mounted.minor()
            + "); it is left alone");
  }

  /**
   * Whether a loop device has this content. Not if its file is deleted: after a restart of an NFS
   * server the client has no hold on it, and a new file may have its inode number.
   */
  static boolean isBehind(Optional<Mounter.Generation> image, int minor) throws SyscallException {
    LoopDevice.Backing backing = LoopDevice.Backing.of(minor);
    return image.isPresent()
        && backing.device() == image.get().device()
        && backing.inode() == image.get().inode()
        && !LoopDevice.BackingPath.of(minor).deleted();
  }

  private boolean hadName(String file, int minor) throws SyscallException {
    try (Fd directory = Fd.openPlace(images.path())) {
      return hadName(directory.path() + "/" + file, LoopDevice.BackingPath.of(minor).path());
    }
  }

  /**
   * Whether the file behind a loop device had this name, before another one got it; or has become
   * one that the NFS client keeps for us in the same directory, which does not tell its name.
   *
   * @param image path of the image, without symlinks on the way to it
   * @param behind path of the file behind the loop device
   */
  static boolean hadName(String image, String behind) {
    String kept = image.substring(0, image.lastIndexOf('/') + 1) + KEPT_BY_NFS;
    return behind.equals(image)
        || (behind.startsWith(kept) && behind.indexOf('/', kept.length()) < 0);
  }
}
