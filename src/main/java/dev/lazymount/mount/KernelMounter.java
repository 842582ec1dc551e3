package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.FsContext;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import java.nio.charset.StandardCharsets;
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
 *   <li>mount(8) by hand in the microseconds between that last look and move_mount(2): the kernel
 *       has no "only if nothing is there", so this one remains, for parties without our flock.
 * </ul>
 *
 * <p>Thread-safe: there is no state but settings. Every call blocks for as long as the storage
 * does.
 */
public final class KernelMounter implements Mounter {
  private final String root;
  private final String images;
  private final String lockDir;
  private final List<String> options;
  private final boolean symlinks;

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
    this.images = images.toString();
    this.lockDir = lockDir.toString();
    options = settings.options();
    symlinks = settings.symlinkedImages();
  }

  @Override
  public Mounted mount(Request request) throws MountFailure {
    return mount(request, true);
  }

  /**
   * All of a mount but its last step: the image is mounted detached, looked into, and let go.
   * Nobody can see that, and nothing stays.
   *
   * @throws MountFailure as {@link #mount} would
   */
  public void rehearse(Request request) throws MountFailure {
    mount(request, false);
  }

  private Mounted mount(Request request, boolean attach) throws MountFailure {
    try (Flock lock = lock(request)) {
      try (Fd target = openTarget(request)) {
        FileStatus before = target.cachedStatus();
        if (before.mountRoot()) {
          return adopt(request, before);
        }
        refuseToCoverInner(request);
        try (Fd image = openImage(request);
            LoopDevice loop = LoopDevice.attach(image, imagePath(request));
            FsContext context = squashfs(request, loop, image);
            Fd mount = context.mount()) {
          refuseUnreadable(request, mount, image);
          return attach ? attach(request, mount, before, loop) : new Mounted(loop.path(), false);
        }
      }
    } catch (SyscallException e) {
      throw MountFailure.of(e, imagePath(request), targetPath(request));
    }
  }

  @Override
  public Optional<Mounted> look(Request request) throws MountFailure {
    try (Fd target = openTarget(request)) {
      FileStatus status = target.cachedStatus();
      return status.mountRoot() ? Optional.of(adopt(request, status)) : Optional.empty();
    } catch (SyscallException e) {
      throw MountFailure.of(e, imagePath(request), targetPath(request));
    }
  }

  @Override
  public Optional<Generation> generation(Request request) {
    try (Fd directory = Fd.openDirectory(images);
        Fd image = directory.openFileBeneath(request.file(), symlinks)) {
      return Optional.of(generation(image.status()));
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  private Flock lock(Request request) throws MountFailure, SyscallException {
    try (Fd directory = Fd.openDirectory(lockDir)) {
      return Flock.tryLock(directory, LockName.of(request.name()))
          .orElseThrow(
              () ->
                  new MountFailure(
                      MountFailure.Kind.LOCKED, "another process is mounting " + request.name()));
    }
  }

  private Fd openTarget(Request request) throws SyscallException {
    try (Fd place = Fd.openPlace(root)) {
      return place.openPlaceBeneath(request.name());
    }
  }

  /** Something is mounted on the target: ours if our image is behind it. */
  private Mounted adopt(Request request, FileStatus mounted) throws MountFailure, SyscallException {
    if (mounted.major() == LoopDevice.MAJOR) {
      LoopDevice.Backing backing = LoopDevice.Backing.of(mounted.minor());
      Optional<Generation> image = generation(request);
      if (image.isPresent()
          && backing.device() == image.get().device()
          && backing.inode() == image.get().inode()) {
        return new Mounted("/dev/loop" + mounted.minor(), true);
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
    for (String inner : request.inner()) {
      try (Fd place = Fd.openPlace(root);
          Fd target = place.openPlaceBeneath(inner)) {
        if (target.cachedStatus().mountRoot()) {
          throw new MountFailure(
              MountFailure.Kind.OTHER,
              inner + " is mounted inside " + targetPath(request) + " and would be hidden");
        }
      } catch (SyscallException notThere) {
        // No directory, no mount.
      }
    }
  }

  private Fd openImage(Request request) throws MountFailure, SyscallException {
    Fd image;
    try (Fd directory = Fd.openDirectory(images)) {
      image = directory.openFileBeneath(request.file(), symlinks);
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP, Errno.EXDEV)) {
        String problem =
            symlinks ? "the image is a symlink that leads out of " : "the image is a symlink in ";
        throw bad(request, problem + images + ": " + Errno.describe(e.errno()), null);
      }
      if (e.is(Errno.ENXIO)) {
        throw bad(request, "the image is a socket or a device without a driver", null);
      }
      throw e;
    }
    try {
      FileStatus status = image.status();
      if (status.type() != FileType.FILE) {
        throw bad(request, "the image is a " + status.type().words() + ", not a file", status);
      }
      byte[] head = new byte[SquashfsSuperblock.SIZE];
      int length = image.read(head, 0);
      Optional<String> problem = SquashfsSuperblock.problem(head, length, status.size());
      if (problem.isPresent()) {
        throw bad(request, problem.get(), status);
      }
      return image;
    } catch (MountFailure | SyscallException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  private FsContext squashfs(Request request, LoopDevice loop, Fd image)
      throws MountFailure, SyscallException {
    FsContext context = FsContext.open("squashfs");
    try {
      context.set("ro");
      context.set("source", loop.path());
      for (String option : options) {
        int equals = option.indexOf('=');
        if (equals < 0) {
          context.set(option);
        } else {
          context.set(option.substring(0, equals), option.substring(equals + 1));
        }
      }
      context.create();
      return context;
    } catch (SyscallException e) {
      List<String> log = context.log();
      context.close();
      if (e.operation().equals("fsconfig create") && saidOfTheImage(e)) {
        throw bad(request, e.getMessage() + kernelSays(log), image.status());
      }
      throw log.isEmpty()
          ? e
          : new SyscallException(e.operation() + " (kernel: " + log + ")", e.errno());
    }
  }

  /**
   * What a file system says of its own structure. EIO is not among them: it is also what storage
   * says that will be back in a minute, and quarantine would outlast that.
   */
  private static boolean saidOfTheImage(SyscallException e) {
    return e.is(Errno.EINVAL, Errno.EUCLEAN, Errno.EBADMSG);
  }

  private static String kernelSays(List<String> log) {
    return log.isEmpty() ? "" : "; kernel: " + String.join(" | ", log);
  }

  /** An image whose root can't be read, or is empty, would only hide the original. */
  private void refuseUnreadable(Request request, Fd mount, Fd image)
      throws MountFailure, SyscallException {
    try (Fd directory = mount.reopenDirectory()) {
      if (!Directory.hasEntries(directory)) {
        throw bad(request, "the image has nothing in it", image.status());
      }
    } catch (SyscallException e) {
      if (saidOfTheImage(e)) {
        throw bad(request, "the image can't be read: " + e.getMessage(), image.status());
      }
      throw e;
    }
  }

  private Mounted attach(Request request, Fd mount, FileStatus before, LoopDevice loop)
      throws MountFailure, SyscallException {
    try (Fd target = openTarget(request)) {
      FileStatus now = target.cachedStatus();
      if (now.mountRoot()) {
        return adopt(request, now);
      }
      if (now.inode() != before.inode() || now.device() != before.device()) {
        throw new MountFailure(
            MountFailure.Kind.OTHER, targetPath(request) + " was replaced during the mount");
      }
      Mounts.attach(mount, target);
      return new Mounted(loop.path(), false);
    }
  }

  private MountFailure bad(Request request, String reason, FileStatus status) {
    return MountFailure.badImage(
        reason,
        imagePath(request),
        targetPath(request),
        status == null ? null : generation(status));
  }

  private static Generation generation(FileStatus s) {
    return new Generation(s.device(), s.inode(), s.size(), s.mtimeNanos());
  }

  private String imagePath(Request request) {
    return images + "/" + request.file();
  }

  private String targetPath(Request request) {
    return root + "/" + request.name();
  }

  /** Lock files by image name: one name a file, in one flat directory. */
  static final class LockName {
    private static final int NAME_MAX = 255;

    private LockName() {}

    static String of(String name) {
      String flat = name.replace("%", "%25").replace("/", "%2F") + ".lock";
      return flat.getBytes(StandardCharsets.UTF_8).length <= NAME_MAX
          ? flat
          : java.util.UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + ".lock";
    }
  }
}
