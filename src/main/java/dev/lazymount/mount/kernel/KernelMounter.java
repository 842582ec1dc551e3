package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountWarning;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Mounts images with direct system calls. Start reading at {@link #mount}.
 *
 * <p>The races, and what closes each:
 *
 * <ul>
 *   <li>Two processes work on one name: each takes the flock of the name, and asks the kernel again
 *       under it whether something is mounted.
 *   <li>Killed at any instant: until move_mount(2) there are only open descriptors, which the
 *       kernel closes, and an AUTOCLEAR loop device, which it frees with them; after it the mount
 *       is complete. The flock ends with the process.
 *   <li>The mount point is swapped for a symlink or moved meanwhile: it is opened beneath the root
 *       without following symlinks, and again just before attaching, when it must be the same
 *       directory with nothing mounted on it. The mount is attached to that descriptor and not to a
 *       path.
 *   <li>A process changes the directory: one that was changed a short time ago is left alone
 *       ({@link QuietRule}).
 *   <li>A bad image: it is mounted detached first, and its root is read; only an image that works
 *       covers the original directory, and only one that locks out no reader of that.
 *   <li>The image is replaced by rename: the mount keeps the old file and goes on serving it; the
 *       new image is attached beneath it before the old one is detached.
 *   <li>mount(8) runs in the microseconds between that last check and move_mount(2): the kernel has
 *       no "only if nothing is mounted". So the mount beneath ours is checked afterwards, and of
 *       two mounts of one image the upper one is detached ({@link StackedMounts}).
 * </ul>
 *
 * <p>Thread-safe: its only state are settings and what {@link LoopDevices} and {@link
 * DisplacedMounts} have seen. Every call blocks for as long as the storage does.
 */
public final class KernelMounter implements Mounter {
  private final String root;
  private final String lockDir;
  private final ImageDirectory images;
  private final List<String> options;
  private final LoopDevices devices = new LoopDevices();
  private final DisplacedMounts displaced;
  private final CoverRules rules;
  private final QuietRule quiet;
  private final Ownership ownership;
  private final StackedMounts stack;

  /**
   * A mounter for one root.
   *
   * @param root the directory with the mount points
   * @param images the image directory
   * @param lockDir the directory of the lock files; only root may write there
   * @param suffixes of image files
   * @param settings mount options, and whether images may be symlinks
   */
  public KernelMounter(
      Path root, Path images, Path lockDir, List<String> suffixes, Settings.Mount settings) {
    this(root, images, lockDir, suffixes, settings, QuietRule.NONE);
  }

  /**
   * The same, with a rule.
   *
   * @param quiet for how long a directory that was written to is left alone
   */
  public KernelMounter(
      Path root,
      Path images,
      Path lockDir,
      List<String> suffixes,
      Settings.Mount settings,
      QuietRule quiet) {
    this.root = root.toString();
    this.lockDir = lockDir.toString();
    this.images = new ImageDirectory(images.toString(), settings.symlinkedImages());
    this.options = settings.options();
    this.displaced = new DisplacedMounts(this.root);
    this.rules = new CoverRules(settings.newerDirectory());
    this.quiet = quiet;
    this.ownership = new Ownership(this.images, suffixes, devices);
    this.stack = new StackedMounts(ownership);
  }

  /**
   * Removes what killed processes have left in the lock directory, apart from the lock files; the
   * daemon calls it at its start.
   *
   * @throws SyscallException if the directory can't be read
   */
  public static void clean(Path lockDir) throws SyscallException {
    FileSource.removeLeftBehind(lockDir.toString());
  }

  @Override
  public Mounted mount(Request request) throws MountFailure {
    Mounted mounted = locked(request, target -> mountUnlessMounted(request, target));
    prepareNext(mounted);
    return mounted;
  }

  private Mounted mountUnlessMounted(Request request, MountPoint target)
      throws MountFailure, BadImage, SyscallException {
    FileStatus before = target.status();
    if (before.mountRoot()) {
      return bringUpToDate(request, target, before);
    }
    Optional<Displaced> elsewhere = displaced.tidy(request.name(), false);
    refuseToCoverInner(request, target);
    try (ImageDirectory.Image image = images.open(request.file());
        DetachedMount mount = DetachedMount.of(request.name(), image, options, lockDir, devices)) {
      Mounted mounted = attach(request, target, mount, before, image.generation());
      return warn(mounted, elsewhere);
    }
  }

  private Mounted attach(
      Request request,
      MountPoint target,
      DetachedMount mount,
      FileStatus before,
      Generation generation)
      throws MountFailure, BadImage, SyscallException {
    try (Fd place = target.open()) {
      if (place.cachedStatus().mountRoot()) {
        return ownership.of(request, target.path(), place.cachedStatus());
      }
      // Not from the cache of a network file system: the mode and the time must be those of now.
      FileStatus now = place.status();
      if (now.inode() != before.inode() || now.device() != before.device()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER, target.path() + " was replaced during the mount");
      }
      FileStatus top = mount.fd().cachedStatus();
      rules.check(request, generation, top, now);
      quiet.check(target, place, now);
      String device = mount.deviceName();
      displaced.inPlace(request.name(), mount.fd());
      Mounts.attach(mount.fd(), place);
      Mounted mounted = stack.heal(request, target, new Mounted(device, false, generation));
      return rules.warn(request, mounted, top, now);
    }
  }

  @Override
  public Optional<Mounted> refresh(Request request) throws MountFailure {
    Optional<Mounted> mounted =
        locked(
            request,
            target -> {
              FileStatus status = target.status();
              return status.mountRoot()
                  ? Optional.of(bringUpToDate(request, target, status))
                  : Optional.empty();
            });
    mounted.ifPresent(KernelMounter::prepareNext);
    return mounted;
  }

  private Mounted bringUpToDate(Request request, MountPoint target, FileStatus status)
      throws MountFailure, SyscallException {
    Mounted mounted = ownership.of(request, target.path(), status);
    ImageSwap swap = new ImageSwap(images, options, lockDir, rules, devices, ownership);
    if (!mounted.isCurrent() && swap.complete(request, target, status.device())) {
      FileStatus beneath = target.status();
      if (!beneath.mountRoot()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER, target.path() + " was unmounted during the swap");
      }
      return bringUpToDate(request, target, beneath);
    }
    Mounted now =
        mounted.isCurrent()
            ? stack.heal(request, target, mounted)
            : swap.replace(request, target, mounted, status.device());
    try (Fd top = target.open()) {
      displaced.inPlace(request.name(), top);
    }
    return warn(rules.warn(request, now, target), displaced.tidy(request.name(), true));
  }

  private static Mounted warn(Mounted mounted, Optional<Displaced> elsewhere) {
    return elsewhere
        .filter(other -> other.isMounted() && mounted.isCurrent())
        .map(other -> mounted.warn(MountWarning.DISPLACED, other.reason()))
        .orElse(mounted);
  }

  /** An outer image must not hide the mounts inside its directory. */
  private static void refuseToCoverInner(Request request, MountPoint target) throws MountFailure {
    for (String inner : request.inner()) {
      if (target.of(inner).isMounted()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER,
            inner + " is mounted inside " + target.path() + " and would be hidden");
      }
    }
  }

  /** After the mount, so that it delays only the report: readers have the image already. */
  private static void prepareNext(Mounted mounted) {
    if (mounted.adopted()) {
      return;
    }
    try {
      LoopDevice.prepare();
    } catch (SyscallException e) {
      // The next mount fails in the same way and reports it.
    }
  }

  /**
   * Performs a mount without its last step: the image is mounted detached, its root is read, and it
   * is unmounted. No path shows it, and nothing stays.
   *
   * @throws MountFailure as {@link #mount} would
   */
  public void rehearse(Request request) throws MountFailure {
    locked(
        request,
        target -> {
          try (Fd place = target.open();
              ImageDirectory.Image image = images.open(request.file());
              DetachedMount mount =
                  DetachedMount.of(request.name(), image, options, lockDir, devices)) {
            return Optional.empty();
          }
        });
  }

  @Override
  public Optional<Mounted> look(Request request) throws MountFailure {
    return guarded(
        request,
        target -> {
          FileStatus status = target.status();
          if (!status.mountRoot()) {
            return Optional.empty();
          }
          Mounted mounted = ownership.of(request, target.path(), status);
          boolean twice = mounted.isCurrent() && stack.isAt(request, target);
          return Optional.of(
              twice
                  ? mounted.warn(MountWarning.STACKED, "the image is mounted twice")
                  : rules.warn(request, mounted, target));
        });
  }

  @Override
  public Optional<Generation> generation(Request request) {
    return images.generation(request.file());
  }

  @Override
  public Optional<Covered> covered(Request request) {
    try (Fd target = new MountPoint(root, request.name()).open()) {
      return target.cachedStatus().mountRoot()
          ? Optional.empty()
          : Optional.of(Covered.of(target.status()));
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  @Override
  public Optional<Displaced> displaced(Request request) {
    try {
      return displaced.tidy(request.name(), new MountPoint(root, request.name()).isMounted());
    } catch (MountFailure | SyscallException e) {
      return Optional.empty();
    }
  }

  @Override
  public Expiry expire(Request request, boolean marked) throws MountFailure {
    return locked(request, target -> expire(request, target, marked));
  }

  private Expiry expire(Request request, MountPoint target, boolean marked)
      throws MountFailure, SyscallException {
    if (!marked && !isMountedByUs(request, target)) {
      return Expiry.NOT_MOUNTED;
    }
    int answer = target.expire();
    if (answer == Errno.EAGAIN && marked) {
      // It was used since, or it is another mount, which has a mark only now: the check is a use
      // and clears that mark.
      return expire(request, target, false);
    }
    if (answer == Errno.EINVAL) {
      if (target.isBare()) {
        return Expiry.NOT_MOUNTED;
      }
      throw new SyscallException("umount2 MNT_EXPIRE " + target.path(), answer);
    }
    if (answer == 0) {
      displaced.unmounted(request.name());
    }
    return switch (answer) {
      case 0 -> Expiry.UNMOUNTED;
      case Errno.EAGAIN -> Expiry.MARKED;
      default -> Expiry.BUSY;
    };
  }

  @Override
  public Expiry unmount(Request request) throws MountFailure {
    return locked(
        request,
        target -> {
          if (!isMountedByUs(request, target)) {
            return Expiry.NOT_MOUNTED;
          }
          if (target.unmount() != 0) {
            return Expiry.BUSY;
          }
          displaced.unmounted(request.name());
          return Expiry.UNMOUNTED;
        });
  }

  @Override
  public Optional<LingeringImage> lingering(String device) {
    return LingeringImages.after(device);
  }

  /** Keeps no descriptor open, because that would be a use; the lock keeps other daemons away. */
  private boolean isMountedByUs(Request request, MountPoint target)
      throws MountFailure, SyscallException {
    FileStatus status = target.status();
    if (status.mountRoot()) {
      ownership.of(request, target.path(), status);
    }
    return status.mountRoot();
  }

  private interface Work<T> {
    T run(MountPoint target) throws MountFailure, BadImage, SyscallException;
  }

  private <T> T locked(Request request, Work<T> work) throws MountFailure {
    return guarded(
        request,
        target -> {
          try (Flock lock =
              NameLock.tryTake(lockDir, request.name())
                  .orElseThrow(
                      () ->
                          new MountFailure(
                              MountFailure.Kind.LOCKED,
                              "another process holds the lock of " + request.name()))) {
            return work.run(target);
          }
        });
  }

  private <T> T guarded(Request request, Work<T> work) throws MountFailure {
    MountPoint target = new MountPoint(root, request.name());
    String image = images.path() + "/" + request.file();
    try {
      return work.run(target);
    } catch (SyscallException e) {
      MountFailure.Kind kind =
          target.isBare() ? MountFailure.Kind.OTHER : MountFailure.Kind.UNCLEAR;
      Optional<String> symlink =
          e.is(Errno.ENOTDIR, Errno.ELOOP) ? target.symlink() : Optional.empty();
      throw symlink.isPresent()
          ? MountFailure.symlink(kind, symlink.get(), e, image, target.path())
          : MountFailure.of(kind, e, image, target.path());
    } catch (BadImage e) {
      throw MountFailure.badImage(
          e.getMessage(), image, target.path(), e.generation(), e.covered());
    }
  }
}
