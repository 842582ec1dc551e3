package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.util.List;

/**
 * Swaps a mounted image for its replacement: attaches the new one beneath the old one, then
 * detaches the old one. Open files go on reading the old image, and no path lookup sees the
 * original directory in between.
 *
 * <p>Killed between the two steps, it leaves the old image on top of the new one; the next attempt
 * finds that in the mount table and takes the second step first, whether the new one is still the
 * newest or not.
 *
 * @param images the image directory
 * @param options further options of the file system
 * @param lockDir the directory of the lock files
 * @param rules which image may cover which directory
 * @param devices of the images that are mounted
 * @param ownership says whose a mount is
 */
record ImageSwap(
    ImageDirectory images,
    List<String> options,
    String lockDir,
    CoverRules rules,
    LoopDevices devices,
    Ownership ownership) {
  /**
   * Replaces what is mounted; under the lock of the name.
   *
   * @param old what is mounted now
   * @param device its device number
   * @return the new one; or the old one, with a warning that says why it stays
   */
  Mounter.Mounted replace(
      Mounter.Request request, MountPoint target, Mounter.Mounted old, long device)
      throws MountFailure, SyscallException {
    if (hasInner(target, mountsAt(target))) {
      return staysFor(
          old,
          "the image was replaced; the old one stays mounted because something is mounted inside"
              + " it");
    }
    try (ImageDirectory.Image image = images.open(request.file());
        DetachedMount mount = DetachedMount.of(request.name(), image, options, lockDir, devices);
        Fd covered = target.openCovered()) {
      rules.check(request, image.generation(), mount.fd().cachedStatus(), covered.status());
      String name = mount.deviceName();
      boolean isBeneath = attachBeneath(mount, target, device);
      detachOld(target, device);
      if (!isBeneath) {
        // Before Linux 6.5: the original directory shows for the duration of this call.
        try (Fd place = target.open()) {
          Mounts.attach(mount.fd(), place);
        }
      }
      return new Mounter.Mounted(name, false, image.generation());
    } catch (BadImage e) {
      return staysFor(
          old, "the image was replaced by a bad one; the old one stays mounted: " + e.getMessage());
    }
  }

  /**
   * Takes the second step of a swap that was interrupted; under the lock of the name.
   *
   * @param device of the old image, which is on top
   * @return whether it did, and what is mounted now has to be looked at
   */
  boolean complete(Mounter.Request request, MountPoint target, long device)
      throws MountFailure, SyscallException {
    List<MountInfo> mounts = mountsAt(target);
    if (hasInner(target, mounts) || !isImageBeneath(request, target, mounts, device)) {
      return false;
    }
    detachOld(target, device);
    return true;
  }

  private static boolean hasInner(MountPoint target, List<MountInfo> mounts) {
    return mounts.stream().anyMatch(m -> m.target().startsWith(target.path() + "/"));
  }

  private static Mounter.Mounted staysFor(Mounter.Mounted old, String reason) {
    return old.warn(MountWarning.OUTDATED, reason);
  }

  /**
   * Detaches the old image, unless it was unmounted externally since it was last seen: then the new
   * one is on top already, and must stay. What remains of that race are the microseconds between
   * the two system calls, as umount2(2) takes no descriptor.
   */
  static void detachOld(MountPoint target, long old) throws SyscallException {
    FileStatus top = target.status();
    if (top.mountRoot() && top.device() == old) {
      target.detach();
    }
  }

  /** All mounts on the mount point and below it. Their order is not that of the stack. */
  private static List<MountInfo> mountsAt(MountPoint target) throws MountFailure, SyscallException {
    // The mount table has the path without symlinks, as has the kernel for the mount's own root.
    try (Fd place = target.open()) {
      String path = place.path();
      return Ownership.table().stream()
          .filter(m -> m.target().equals(path) || m.target().startsWith(path + "/"))
          .map(
              m ->
                  new MountInfo(
                      m.id(),
                      m.parent(),
                      m.device(),
                      m.root(),
                      target.path() + m.target().substring(path.length()),
                      m.fsType(),
                      m.source()))
          .toList();
    }
  }

  /** Whether the mount beneath the top one is of another image of this name. */
  private boolean isImageBeneath(
      Mounter.Request request, MountPoint target, List<MountInfo> mounts, long top)
      throws SyscallException {
    for (MountInfo beneath : mounts) {
      boolean isBeneathTop =
          beneath.device() != top
              && mounts.stream()
                  .anyMatch(mount -> mount.parent() == beneath.id() && mount.device() == top);
      if (isBeneathTop) {
        try {
          ownership.of(request, target.path(), beneath.device());
          return true;
        } catch (MountFailure foreign) {
          return false;
        }
      }
    }
    return false;
  }

  /** Whether the new image is beneath the old one now; false if this kernel can't do that. */
  private static boolean attachBeneath(DetachedMount mount, MountPoint target, long device)
      throws MountFailure, SyscallException {
    try (Fd place = target.open()) {
      if (place.cachedStatus().device() != device) {
        throw new MountFailure(
            MountFailure.Kind.UNCLEAR, target.path() + " was mounted over during the swap");
      }
      Mounts.attachBeneath(mount.fd(), place);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.EINVAL, Errno.ENOSYS)) {
        return false;
      }
      throw e;
    }
  }
}
