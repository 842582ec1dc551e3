package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Mounts images with direct system calls. Read {@link #mount} top-down: it is the whole of it.
 *
 * <p>Why it can't go wrong, race by race:
 *
 * <ul>
 *   <li>Two of us at the same name: the flock in the lock directory, and whether something is
 *       mounted is asked of the kernel again under it.
 *   <li>Killed at any instant: until move_mount(2) there is nothing but open descriptors, which the
 *       kernel closes, and an AUTOCLEAR loop device, which goes with them; after it the mount is
 *       whole. The flock goes with the process.
 *   <li>The target is swapped for a symlink or moved while we work: it is opened beneath the root
 *       with no symlink in the way, and again just before attaching, where it must still be the
 *       same directory with nothing on it. We attach to that descriptor and not to a path.
 *   <li>A bad image: it is mounted detached first, and its root read; the original is covered only
 *       by what was seen to work.
 *   <li>The image is replaced by rename: the mount has the old file and goes on serving it; the new
 *       one is put beneath it, and only then the old one is taken off.
 *   <li>mount(8) by hand in the microseconds between that last look and move_mount(2): the kernel
 *       has no "only if nothing is there", so this one remains, for parties without our flock.
 * </ul>
 *
 * <p>Thread-safe: there is no state but settings. Every call blocks for as long as the storage
 * does.
 */
public final class KernelMounter implements Mounter {
  private final String root;
  private final String lockDir;
  private final ImageDirectory images;
  private final List<String> options;

  /**
   * A mounter for one root.
   *
   * @param root where images are mounted
   * @param images where they are
   * @param lockDir where the lock files are; belongs to root alone
   * @param settings mount options, and whether images may be symlinks
   */
  public KernelMounter(Path root, Path images, Path lockDir, Settings.Mount settings) {
    this.root = root.toString();
    this.lockDir = lockDir.toString();
    this.images = new ImageDirectory(images.toString(), settings.symlinkedImages());
    this.options = settings.options();
  }

  @Override
  public Mounted mount(Request request) throws MountFailure {
    Mounted mounted = locked(request, () -> mountUnlessMounted(request));
    if (!mounted.adopted()) {
      prepareTheNext();
    }
    return mounted;
  }

  /** It is mounted by now: this delays nobody but the one who is told so. */
  private static void prepareTheNext() {
    try {
      LoopDevice.prepare();
    } catch (SyscallException e) {
      // Then the next mount finds it out, and tells.
    }
  }

  /**
   * All of a mount but its last step: the image is mounted detached, looked into, and let go.
   * Nobody can see that, and nothing stays.
   *
   * @throws MountFailure as {@link #mount} would
   */
  public void rehearse(Request request) throws MountFailure {
    locked(
        request,
        () -> {
          try (Fd target = openTarget(request.name());
              ImageDirectory.Image image = images.open(request.file());
              DetachedMount mount = DetachedMount.of(image, options)) {
            return Optional.empty();
          }
        });
  }

  @Override
  public Optional<Mounted> look(Request request) throws MountFailure {
    return guarded(
        request,
        () -> {
          try (Fd target = openTarget(request.name())) {
            FileStatus status = target.cachedStatus();
            return status.mountRoot()
                ? Optional.of(owned(request, status).mounted())
                : Optional.empty();
          }
        });
  }

  @Override
  public Optional<Generation> generation(Request request) {
    return images.generation(request.file());
  }

  @Override
  public Expiry expire(Request request) throws MountFailure {
    return locked(
        request,
        () -> {
          if (!isMountedByUs(request)) {
            return Expiry.NOT_MOUNTED;
          }
          try (Fd parent = openParent(request.name())) {
            return switch (Mounts.expire(parent, lastComponent(request.name()))) {
              case 0 -> Expiry.UNMOUNTED;
              case Errno.EAGAIN -> Expiry.MARKED;
              default -> Expiry.BUSY;
            };
          }
        });
  }

  @Override
  public void unmount(Request request) throws MountFailure {
    locked(
        request,
        () -> {
          if (isMountedByUs(request)) {
            try (Fd parent = openParent(request.name())) {
              Mounts.unmount(parent, lastComponent(request.name()));
            }
          }
          return Optional.empty();
        });
  }

  /**
   * Its descriptor is closed again, because that would be a use; under the lock none of us mounts.
   */
  private boolean isMountedByUs(Request request) throws MountFailure, SyscallException {
    try (Fd target = openTarget(request.name())) {
      FileStatus status = target.cachedStatus();
      if (status.mountRoot()) {
        owned(request, status);
      }
      return status.mountRoot();
    }
  }

  private Mounted mountUnlessMounted(Request request)
      throws MountFailure, BadImage, SyscallException {
    try (Fd target = openTarget(request.name())) {
      FileStatus before = target.cachedStatus();
      if (before.mountRoot()) {
        Owned owned = owned(request, before);
        // What is mounted inside goes with the old image: that one stays as long as they do.
        boolean replace = owned.mounted().outdated() && mountedInside(request).isEmpty();
        return replace ? replace(request, owned) : owned.mounted();
      }
      refuseToCoverInner(request);
      try (ImageDirectory.Image image = images.open(request.file());
          DetachedMount mount = DetachedMount.of(image, options)) {
        return attach(request, mount, before, image.generation());
      }
    }
  }

  private Mounted attach(
      Request request, DetachedMount mount, FileStatus before, Generation generation)
      throws MountFailure, SyscallException {
    try (Fd target = openTarget(request.name())) {
      FileStatus now = target.cachedStatus();
      if (now.mountRoot()) {
        return owned(request, now).mounted();
      }
      if (now.inode() != before.inode() || now.device() != before.device()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER, targetPath(request) + " was replaced during the mount");
      }
      Mounts.attach(mount.fd(), target);
      return new Mounted(mount.device().path(), false, generation);
    }
  }

  /**
   * The image was replaced while mounted: the new one goes beneath the old one, and then the old
   * one off. Open files go on reading the old one, and no path look-up ever sees the original
   * between.
   */
  private Mounted replace(Request request, Owned old)
      throws MountFailure, BadImage, SyscallException {
    try (ImageDirectory.Image image = images.open(request.file());
        DetachedMount mount = DetachedMount.of(image, options)) {
      boolean beneath = putBeneath(request, mount, image.generation(), old);
      try (Fd parent = openParent(request.name())) {
        Mounts.detach(parent, lastComponent(request.name()));
      }
      if (!beneath) {
        // Before Linux 6.5: the original shows for the time of this call.
        try (Fd target = openTarget(request.name())) {
          Mounts.attach(mount.fd(), target);
        }
      }
      return new Mounted(mount.device().path(), false, image.generation());
    }
  }

  /** Whether the new image lies beneath the old one now; false if this kernel can't do that. */
  private boolean putBeneath(Request request, DetachedMount mount, Generation generation, Owned old)
      throws MountFailure, SyscallException {
    try (Fd target = openTarget(request.name())) {
      if (target.cachedStatus().device() != old.device()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER,
            targetPath(request) + " was mounted over while its image " + generation + " came");
      }
      Mounts.attachBeneath(mount.fd(), target);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.EINVAL, Errno.ENOSYS)) {
        return false;
      }
      throw e;
    }
  }

  private Fd openTarget(String name) throws SyscallException {
    try (Fd place = Fd.openPlace(root)) {
      return place.openPlaceBeneath(name);
    }
  }

  /** Unmounting goes by path; this is the part of it that nobody can swap for a symlink. */
  private Fd openParent(String name) throws SyscallException {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? Fd.openPlace(root) : openTarget(name.substring(0, slash));
  }

  private static String lastComponent(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /**
   * A mount of ours.
   *
   * @param mounted what to say of it
   * @param device its device number
   */
  private record Owned(Mounted mounted, long device) {}

  /** Something is mounted on the target: ours if a file in our image directory is behind it. */
  private Owned owned(Request request, FileStatus mounted) throws MountFailure, SyscallException {
    if (mounted.major() == LoopDevice.MAJOR) {
      LoopDevice.Backing backing = LoopDevice.Backing.of(mounted.minor());
      Optional<Generation> image = images.generation(request.file());
      boolean newest =
          image.isPresent()
              && backing.device() == image.get().device()
              && backing.inode() == image.get().inode();
      // Where there is no image now, the mounted one is the newest there is.
      boolean outdated = !newest && image.isPresent();
      if (newest || LoopDevice.backingPath(mounted.minor()).equals(imagePath(request))) {
        Mounted now =
            new Mounted("/dev/loop" + mounted.minor(), true, newest ? image.get() : null, outdated);
        return new Owned(now, mounted.device());
      }
    }
    throw new MountFailure(
        MountFailure.Kind.OTHER,
        "something else than the image is mounted on "
            + targetPath(request)
            + " (device "
            + mounted.major()
            + ":"
            + mounted.minor()
            + "); it is left alone");
  }

  /** An image that came later must not hide the mounts inside its directory. */
  private void refuseToCoverInner(Request request) throws MountFailure {
    Optional<String> inner = mountedInside(request);
    if (inner.isPresent()) {
      throw new MountFailure(
          MountFailure.Kind.OTHER,
          inner.get() + " is mounted inside " + targetPath(request) + " and would be hidden");
    }
  }

  private Optional<String> mountedInside(Request request) {
    for (String inner : request.inner()) {
      try (Fd target = openTarget(inner)) {
        if (target.cachedStatus().mountRoot()) {
          return Optional.of(inner);
        }
      } catch (SyscallException notThere) {
        // No directory, no mount.
      }
    }
    return Optional.empty();
  }

  private interface Work<T> {
    T run() throws MountFailure, BadImage, SyscallException;
  }

  private <T> T locked(Request request, Work<T> work) throws MountFailure {
    return guarded(
        request,
        () -> {
          try (Flock lock =
              NameLock.tryTake(lockDir, request.name())
                  .orElseThrow(
                      () ->
                          new MountFailure(
                              MountFailure.Kind.LOCKED,
                              "another process is mounting " + request.name()))) {
            return work.run();
          }
        });
  }

  private <T> T guarded(Request request, Work<T> work) throws MountFailure {
    try {
      return work.run();
    } catch (SyscallException e) {
      throw MountFailure.of(e, imagePath(request), targetPath(request));
    } catch (BadImage e) {
      throw MountFailure.badImage(
          e.getMessage(), imagePath(request), targetPath(request), e.generation());
    }
  }

  private String imagePath(Request request) {
    return images.path() + "/" + request.file();
  }

  private String targetPath(Request request) {
    return root + "/" + request.name();
  }
}
