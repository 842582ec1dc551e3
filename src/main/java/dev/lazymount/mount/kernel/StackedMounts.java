package dev.lazymount.mount.kernel;

import dev.lazymount.linux.MountNode;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.util.Optional;

/**
 * Two mounts of one image on its directory. None of us makes one, but mount(8) knows nothing of our
 * locks: it can come between our last look and our mount, and so can we between its own.
 *
 * <p>The upper one is taken off, whoever made it: both show the same files, and what was opened in
 * it stays open. The lower one could not be taken off alone.
 *
 * @param ownership says whose a mount is
 */
record StackedMounts(Ownership ownership) {
  /** Enough for as many mount(8) as come at once; more are seen at the next look. */
  private static final int LAYERS = 8;

  /** Whether what lies beneath the mount on top is the same image. */
  boolean isAt(Mounter.Request request, MountPoint target) throws MountFailure, SyscallException {
    Optional<MountNode> beneath = target.beneathTop();
    return beneath.isPresent() && ownership.isBackedBy(request.file(), beneath.get().device());
  }

  /**
   * Takes mounts off until the image is there once; under the lock of its name.
   *
   * @param top what is mounted on top: the image
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
