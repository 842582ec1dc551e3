package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FsContext;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.SyscallException;
import java.util.List;
import java.util.Optional;

/**
 * An image that is mounted but attached nowhere, and whose root was read. Closing it undoes the
 * mount; closing it after it was attached changes nothing.
 *
 * @param fd the mount
 * @param device its loop device, closed with the mount; empty if the file system reads the image
 *     file itself
 */
record DetachedMount(Fd fd, Optional<LoopDevice> device) implements AutoCloseable {
  /**
   * Mounts an image; under the lock of its name.
   *
   * @param name what it is mounted for
   * @param image opened and checked
   * @param options further options of the file system
   * @param lockDir the directory of the lock files
   * @param devices of the images that are mounted
   * @throws BadImage if the kernel refuses the image, or it is empty
   */
  static DetachedMount of(
      String name,
      ImageDirectory.Image image,
      List<String> options,
      String lockDir,
      LoopDevices devices)
      throws BadImage, SyscallException {
    Optional<DetachedMount> direct = withoutDevice(image, options, lockDir);
    if (direct.isPresent()) {
      return direct.get();
    }
    try {
      return byLoopDevice(image, options, devices.attach(name, image));
    } catch (SyscallException e) {
      if (!e.is(Errno.EIO) || !image.isReadable()) {
        throw e;
      }
    }
    // EIO has two causes: storage that fails for a minute, which is no reason for quarantine, and
    // an
    // image whose tables are beyond its end. The file could just be read, so a second EIO means the
    // image.
    try {
      return byLoopDevice(image, options, devices.attach(name, image));
    } catch (SyscallException e) {
      if (e.is(Errno.EIO)) {
        throw new BadImage(
            e.getMessage() + ", though the file itself can be read", image.generation());
      }
      throw e;
    }
  }

  /**
   * erofs can read a file without a loop device, since Linux 6.12 and on most file systems (ENOTBLK
   * on others). After any failure a loop device is tried, whose result counts.
   */
  private static Optional<DetachedMount> withoutDevice(
      ImageDirectory.Image image, List<String> options, String lockDir) {
    if (image.type() != Superblock.Type.EROFS || !FileSource.fits(image.file())) {
      return Optional.empty();
    }
    try (FileSource source = FileSource.of(lockDir, image)) {
      return Optional.of(new DetachedMount(mount(image, source.path(), options), Optional.empty()));
    } catch (BadImage | SyscallException e) {
      return Optional.empty();
    }
  }

  /** Mounts an image by a new loop device, whatever its file system. */
  static DetachedMount byLoopDevice(ImageDirectory.Image image, List<String> options)
      throws BadImage, SyscallException {
    return byLoopDevice(image, options, LoopDevice.attach(image.fd(), image.path()));
  }

  private static DetachedMount byLoopDevice(
      ImageDirectory.Image image, List<String> options, LoopDevice device)
      throws BadImage, SyscallException {
    try {
      return new DetachedMount(mount(image, device.path(), options), Optional.of(device));
    } catch (BadImage | SyscallException | RuntimeException e) {
      device.close();
      throw e;
    }
  }

  private static Fd mount(ImageDirectory.Image image, String source, List<String> options)
      throws BadImage, SyscallException {
    try (FsContext context = create(image, source, options)) {
      Fd mount = context.mount();
      try {
        refuseUnreadable(mount, image);
        return mount;
      } catch (BadImage | SyscallException | RuntimeException e) {
        mount.close();
        throw e;
      }
    }
  }

  /** In the form of {@link Ownership#deviceName}. */
  String deviceName() throws SyscallException {
    return device.isPresent()
        ? device.get().path()
        : Ownership.deviceName(fd.cachedStatus().device());
  }

  @Override
  public void close() {
    fd.close();
    device.ifPresent(LoopDevice::close);
  }

  private static FsContext create(ImageDirectory.Image image, String source, List<String> options)
      throws BadImage, SyscallException {
    FsContext context = FsContext.open(image.type().kernelName());
    try {
      context.set("ro");
      context.set("source", source);
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
      if (e.operation().equals("fsconfig create") && isAboutTheImage(e)) {
        String kernel = log.isEmpty() ? "" : "; kernel: " + String.join(" | ", log);
        throw new BadImage(e.getMessage() + kernel, image.generation());
      }
      throw log.isEmpty()
          ? e
          : new SyscallException(e.operation() + " (kernel: " + log + ")", e.errno());
    }
  }

  /**
   * Errors that a file system returns for its own structure: it is invalid, has features that this
   * kernel does not support (EOPNOTSUPP), or its root is not a directory (ENOTDIR).
   */
  private static boolean isAboutTheImage(SyscallException e) {
    return e.is(Errno.EINVAL, Errno.EUCLEAN, Errno.EBADMSG, Errno.EOPNOTSUPP, Errno.ENOTDIR);
  }

  /** An image whose root is empty or can't be read would only hide the original directory. */
  private static void refuseUnreadable(Fd mount, ImageDirectory.Image image)
      throws BadImage, SyscallException {
    try (Fd directory = mount.reopenDirectory()) {
      if (!Directory.hasEntries(directory)) {
        throw new BadImage("the image is an empty file system", image.generation());
      }
    } catch (SyscallException e) {
      if (isAboutTheImage(e)) {
        throw new BadImage(
            "the root of the image can't be read: " + e.getMessage(), image.generation());
      }
      throw e;
    }
  }
}
