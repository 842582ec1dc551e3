package dev.lazymount.mount.kernel;

import dev.lazymount.linux.MountNode;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.util.Optional;

/**
 * Two mounts of one image on its mount point. This daemon makes none, but mount(8) does not take
 * its locks: either can mount between the other's check and its mount.
 *
 * <p>The upper one is detached, whichever of the two made it: both show the same files, and what is
 * open in it stays open. The lower one can't be detached alone.
 *
 * @param ownership says whose a mount is
 */
record StackedMounts(Ownership ownership) {
  /** Enough for the mount(8) processes that run at once; the next check detaches any others. */
  private static final int LAYERS = 8;

  /** Whether the mount beneath the top one is of the same image. */
  boolean isAt(Mounter.Request request, MountPoint target) throws MountFailure, SyscallException {
    Optional<MountNode> beneath = target.beneathTop();
    return beneath.isPresent() && ownership.isBackedBy(request.file(), beneath.get().device());
  }

  /**
   * Detaches mounts until the image is mounted once; under the lock of its name.
   *
   * @param top the mount on top, which is of the image
   * @return what is mounted then
   */
  Mounter.Mounted heal(Mounter.Request request, MountPoint target, Mounter.Mounted top)
      throws MountFailure, SyscallException {
    Mounter.Mounted now = top;
    for (int layer = 0; layer < LAYERS && isAt(request, target); layer++) {
      target.detach();
      now = ownership.of(request, target.path(), target.status());
    }
    return now;
  }
}
