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
import java.util.Optional;

/**
 * Swaps a mounted image for its replacement: attaches the new one beneath the old one, then
 * detaches the old one. Open files go on reading the old image, and no path lookup sees the
 * original directory in between.
 *
 * <p>Killed between the two steps, it leaves the old image on top of the new one; the next attempt
 * finds that in the mount table and takes only the second step.
 *
 * @param images the image directory
 * @param options further options of the file system
 * @param lockDir the directory of the lock files
 * @param rules which image may cover which directory
 * @param devices of the images that are mounted
 */
record ImageSwap(
    ImageDirectory images,
    List<String> options,
    String lockDir,
    CoverRules rules,
    LoopDevices devices) {
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
    List<MountInfo> mounts = mountsAt(target);
    if (mounts.stream().anyMatch(m -> m.target().startsWith(target.path() + "/"))) {
      return staysFor(
          old,
          "the image was replaced; the old one stays mounted because something is mounted inside"
              + " it");
    }
    Optional<Mounter.Mounted> beneath = newestBeneath(request.file(), mounts, device);
    if (beneath.isPresent()) {
      detachOld(target, device);
      return beneath.get();
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

  /** All mounts on the mount point and below it, in the kernel's order: the top one comes last. */
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

  private Optional<Mounter.Mounted> newestBeneath(String file, List<MountInfo> mounts, long top)
      throws SyscallException {
    Optional<Mounter.Generation> image = images.find(file);
    for (MountInfo mount : mounts) {
      if (mount.device() != top && Ownership.isBackedBy(image, file, mount)) {
        String device = Ownership.deviceName(mount.device());
        return Optional.of(new Mounter.Mounted(device, true, image.get()));
      }
    }
    return Optional.empty();
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
