package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether a mount is ours: it is if its backing file is in our image directory, no matter which
 * process mounted it.
 *
 * @param images the image directory
 * @param suffixes of image files; an older image of a name may have another suffix
 * @param devices what this process has mounted
 */
record Ownership(ImageDirectory images, List<String> suffixes, LoopDevices devices) {
  private static final String EROFS = Superblock.Type.EROFS.kernelName();

  /** How the kernel's NFS client renames a deleted file that is still open (unlink.c). */
  private static final String NFS_DELETED = ".nfs";

  /**
   * What is mounted on a target.
   *
   * @param request the image that belongs there
   * @param target its mount point, for messages
   * @param mounted what statx(2) says of the mount's root
   * @throws MountFailure if it is not ours
   */
  Mounter.Mounted of(Mounter.Request request, String target, FileStatus mounted)
      throws MountFailure, SyscallException {
    return of(request, target, mounted.device());
  }

  /** The same of the file system of this device. */
  Mounter.Mounted of(Mounter.Request request, String target, long mounted)
      throws MountFailure, SyscallException {
    int major = FileStatus.major(mounted);
    int minor = FileStatus.minor(mounted);
    String file = request.file();
    Optional<Mounter.Generation> image = images.find(file);
    String device = deviceName(mounted);
    if (major == LoopDevice.MAJOR) {
      if (isBackedBy(image, minor)) {
        image.ifPresent(now -> devices.note(request.name(), minor, now));
        return new Mounter.Mounted(device, true, image.orElse(null));
      }
      if (wasMadeFor(request, minor)) {
        return older(device, image, null);
      }
    } else if (major == 0) {
      // Only the mount table shows what such a mount was made from.
      for (MountInfo mount : table()) {
        if (mount.device() == mounted && mount.fsType().equals(EROFS)) {
          if (isBackedBy(image, file, mount)) {
            return new Mounter.Mounted(device, true, image.orElse(null));
          }
          if (wasNamed(List.of(file), mount.source())) {
            // By mount(8); the content at that time is not known.
            return new Mounter.Mounted(device, true, null);
          }
          Optional<Mounter.Generation> made =
              files(request).stream()
                  .flatMap(name -> FileSource.generation(name, mount.source()).stream())
                  .findFirst();
          if (made.isPresent() || wasNamed(files(request), mount.source())) {
            return older(device, image, made.orElse(null));
          }
        }
      }
    }
    throw new MountFailure(
        MountFailure.Kind.OTHER,
        "another file system is mounted on "
            + target
            + " (device "
            + major
            + ":"
            + minor
            + "); it is left alone");
  }

  private static Mounter.Mounted older(
      String device, Optional<Mounter.Generation> image, Mounter.Generation generation) {
    Mounter.Mounted mounted = new Mounter.Mounted(device, true, generation);
    // Where the image file is gone, the mounted content is the newest there is.
    return image.isPresent()
        ? mounted.warn(MountWarning.OUTDATED, "the image was replaced; the old one is mounted")
        : mounted;
  }

  /** The mount table. A failure to read it leaves open what is mounted: UNCLEAR. */
  static List<MountInfo> table() throws MountFailure, SyscallException {
    try {
      return MountInfo.read();
    } catch (SyscallException e) {
      throw e;
    } catch (IOException e) {
      throw new MountFailure(
          MountFailure.Kind.UNCLEAR, "can't read the mount table: " + e.getMessage());
    }
  }

  /** A loop device by its path; any other device by its numbers, such as {@code 0:45}. */
  static String deviceName(long device) {
    return MountInfo.deviceName(device);
  }

  /**
   * The image file of a name that a mount was made from; it may be deleted or replaced by now.
   *
   * @return a path below the image directory; empty if the mount was made from something else
   */
  Optional<String> file(String name, MountInfo mount) throws SyscallException {
    String directory = realPath();
    for (String suffix : suffixes) {
      String file = name + suffix;
      if (isOf(directory, file, mount) || isByAnotherName(file, mount)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /** The same for an image whose file has several names, or was renamed since. */
  private boolean isByAnotherName(String file, MountInfo mount) throws SyscallException {
    int minor = FileStatus.minor(mount.device());
    return FileStatus.major(mount.device()) == LoopDevice.MAJOR
        && (isLabelled(List.of(file), minor) || isBackedBy(images.generation(file), minor));
  }

  private static boolean isOf(String directory, String file, MountInfo mount) {
    String image = directory + "/" + file;
    if (FileStatus.major(mount.device()) == LoopDevice.MAJOR) {
      return isNamed(image, LoopDevice.BackingPath.of(FileStatus.minor(mount.device())).path());
    }
    return mount.fsType().equals(EROFS)
        && (FileSource.generation(file, mount.source()).isPresent()
            || image.equals(mount.source()));
  }

  /** Whether the file system itself reads the image file, without a loop device. */
  static boolean isFileBacked(MountInfo mount) {
    return FileStatus.major(mount.device()) == 0 && mount.fsType().equals(EROFS);
  }

  /** Whether the file system of this device is backed by the image file as it is now. */
  boolean isBackedBy(String file, long device) throws MountFailure, SyscallException {
    Optional<Mounter.Generation> image = images.find(file);
    if (FileStatus.major(device) == LoopDevice.MAJOR) {
      return isBackedBy(image, FileStatus.minor(device));
    }
    if (FileStatus.major(device) == 0) {
      for (MountInfo mount : table()) {
        if (mount.device() == device && isBackedBy(image, file, mount)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a mount is backed by this content. */
  static boolean isBackedBy(Optional<Mounter.Generation> image, String file, MountInfo mount)
      throws SyscallException {
    return isBackedBy(image, file, mount, ImageDirectory.NO_DEVICE);
  }

  /**
   * The same.
   *
   * @param local the device of a file system that keeps a file's inode number for as long as a loop
   *     device has the file
   */
  static boolean isBackedBy(
      Optional<Mounter.Generation> image, String file, MountInfo mount, long local)
      throws SyscallException {
    if (FileStatus.major(mount.device()) == LoopDevice.MAJOR) {
      int minor = FileStatus.minor(mount.device());
      boolean kept = image.isPresent() && image.get().device() == local;
      return kept ? hasInode(image, minor) : isBackedBy(image, minor);
    }
    Optional<Mounter.Generation> made =
        mount.fsType().equals(EROFS)
            ? FileSource.generation(file, mount.source())
            : Optional.empty();
    return image.isPresent()
        && made.isPresent()
        && made.get().device() == image.get().device()
        && made.get().inode() == image.get().inode();
  }

  /**
   * Whether a loop device is backed by this content. Not if its file is deleted: after a restart of
   * an NFS server the client does not hold it any more, and a new file may have its inode number.
   */
  private static boolean isBackedBy(Optional<Mounter.Generation> image, int minor)
      throws SyscallException {
    return hasInode(image, minor) && !LoopDevice.BackingPath.of(minor).deleted();
  }

  private static boolean hasInode(Optional<Mounter.Generation> image, int minor)
      throws SyscallException {
    LoopDevice.Backing backing = LoopDevice.Backing.of(minor);
    return image.isPresent()
        && backing.device() == image.get().device()
        && backing.inode() == image.get().inode();
  }

  /** All files that can be the image of a name, or could be before a scan found another one. */
  private List<String> files(Mounter.Request request) {
    return Stream.concat(
            Stream.of(request.file()), suffixes.stream().map(suffix -> request.name() + suffix))
        .distinct()
        .toList();
  }

  /**
   * Whether a loop device was made for an image of this name, which may have another file by now.
   * Where the file was renamed, or an image may be a symlink, the path of the backing file does not
   * identify it, but the label that we gave the device does. It has the name that was mounted
   * first, if the file has several.
   */
  private boolean wasMadeFor(Mounter.Request request, int minor) throws SyscallException {
    String backing = LoopDevice.BackingPath.of(minor).path();
    return wasNamed(files(request), backing)
        || isLabelled(files(request), minor)
        || devices.hasServed(request.name(), minor, LoopDevice.Backing.of(minor));
  }

  /** Whether a loop device has our label for one of these names. */
  private boolean isLabelled(List<String> files, int minor) throws SyscallException {
    String label = LoopDevice.Backing.of(minor).label();
    return files.stream()
        .map(file -> LoopDevice.label(images.path() + "/" + file))
        .anyMatch(label::equals);
  }

  /** Whether a path is that of one of these images; another file may be there by now. */
  private boolean wasNamed(List<String> files, String path) throws SyscallException {
    String directory = realPath();
    return files.stream().anyMatch(file -> isNamed(directory + "/" + file, path));
  }

  private String realPath() throws SyscallException {
    try (Fd directory = Fd.openPath(images.path())) {
      return directory.path();
    }
  }

  /**
   * Whether the backing file of a loop device had this name before another file got it, or was
   * renamed by the NFS client when it was deleted, which hides its former name.
   *
   * @param image path of the image, with no symlink in it
   * @param backing path of the backing file
   */
  static boolean isNamed(String image, String backing) {
    String kept = image.substring(0, image.lastIndexOf('/') + 1) + NFS_DELETED;
    return backing.equals(image)
        || (backing.startsWith(kept) && backing.indexOf('/', kept.length()) < 0);
  }
}
