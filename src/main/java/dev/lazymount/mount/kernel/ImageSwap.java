package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.util.List;
import java.util.Optional;

/**
 * The image was replaced while mounted: the new one goes beneath the old one, and then the old one
 * off. Open files go on reading the old one, and no path look-up ever sees the original between.
 *
 * <p>Killed between the two steps, it leaves the old one on top of the new one; the next attempt
 * finds that in the mount table and takes the second step alone.
 *
 * @param images the image directory
 * @param options further options of the file system
 * @param lockDir the directory of the lock files
 */
record ImageSwap(ImageDirectory images, List<String> options, String lockDir) {
  /**
   * Replaces what is mounted; under the lock of the name.
   *
   * @param old what is mounted now
   * @param device its device number
   * @return the new one; or the old one, with the reason why it stays
   */
  Mounter.Mounted replace(String file, MountPoint target, Mounter.Mounted old, long device)
      throws MountFailure, SyscallException {
    List<MountInfo> mounts = mountsAt(target);
    if (mounts.stream().anyMatch(m -> m.target().startsWith(target.path() + "/"))) {
      return staysFor(old, "its image was replaced, but something is mounted inside the old one");
    }
    Optional<Mounter.Mounted> beneath = newestBeneath(file, mounts, device);
    if (beneath.isPresent()) {
      target.detach();
      return beneath.get();
    }
    try (ImageDirectory.Image image = images.open(file);
        DetachedMount mount = DetachedMount.of(image, options, lockDir)) {
      String name = mount.deviceName();
      boolean isBeneath = putBeneath(mount, target, device);
      target.detach();
      if (!isBeneath) {
        // Before Linux 6.5: the original shows for the time of this call.
        try (Fd place = target.open()) {
          Mounts.attach(mount.fd(), place);
        }
      }
      return new Mounter.Mounted(name, false, image.generation());
    } catch (BadImage e) {
      return staysFor(old, "its image was replaced by a bad one, and stays: " + e.getMessage());
    }
  }

  private static Mounter.Mounted staysFor(Mounter.Mounted old, String reason) {
    return new Mounter.Mounted(old.device(), true, old.generation(), reason);
  }

  /** All mounts at the target and below, in the kernel's order: what lies on top comes last. */
  private static List<MountInfo> mountsAt(MountPoint target) throws MountFailure, SyscallException {
    // The mount table has the path without symlinks; that of the mount's own root is one.
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
    Optional<Mounter.Generation> image = images.generation(file);
    for (MountInfo mount : mounts) {
      if (mount.device() != top && Ownership.isBackedBy(image, file, mount)) {
        String device = Ownership.deviceName(mount.device());
        return Optional.of(new Mounter.Mounted(device, true, image.get()));
      }
    }
    return Optional.empty();
  }

  /** Whether the new image lies beneath the old one now; false if this kernel can't do that. */
  private static boolean putBeneath(DetachedMount mount, MountPoint target, long device)
      throws MountFailure, SyscallException {
    try (Fd place = target.open()) {
      if (place.cachedStatus().device() != device) {
        throw new MountFailure(
            MountFailure.Kind.UNCLEAR, target.path() + " was mounted over while its image came");
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
