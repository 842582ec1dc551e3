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
 * An image mounted, looked into, and attached nowhere yet. Closing it is all it takes to undo it;
 * closing it after it was attached changes nothing.
 *
 * @param fd the mount
 * @param device the loop device below it, closed with the mount; empty if the file system reads the
 *     image file itself
 */
record DetachedMount(Fd fd, Optional<LoopDevice> device) implements AutoCloseable {
  /**
   * Mounts an image; under the lock of its name.
   *
   * @param image opened and checked
   * @param options further options of the file system
   * @param lockDir the directory of the lock files
   * @throws BadImage if the file system finds the image wrong, or there is nothing in it
   */
  static DetachedMount of(ImageDirectory.Image image, List<String> options, String lockDir)
      throws BadImage, SyscallException {
    Optional<DetachedMount> direct = withoutDevice(image, options, lockDir);
    if (direct.isPresent()) {
      return direct.get();
    }
    try {
      return byLoopDevice(image, options);
    } catch (SyscallException e) {
      if (!e.is(Errno.EIO) || !image.isReadable()) {
        throw e;
      }
    }
    // EIO is what storage says that will be back in a minute, and quarantine would outlast that. It
    // is also what the kernel says of an image whose tables lie behind its end. So: the storage has
    // just given all there is to read, and if it is EIO again, it is the image.
    try {
      return byLoopDevice(image, options);
    } catch (SyscallException e) {
      if (e.is(Errno.EIO)) {
        throw new BadImage(
            e.getMessage() + ", though the file itself can be read", image.generation());
      }
      throw e;
    }
  }

  /**
   * erofs reads a file without a loop device, since Linux 6.12 and from most file systems (ENOTBLK
   * else). Whatever goes wrong with that, by a loop device it may go well, or what that says
   * counts.
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

  /** Mounts an image by a loop device, whatever its file system. */
  static DetachedMount byLoopDevice(ImageDirectory.Image image, List<String> options)
      throws BadImage, SyscallException {
    LoopDevice device = LoopDevice.attach(image.fd(), image.path());
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

  /** As {@link Ownership#deviceName} has it. */
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
      if (e.operation().equals("fsconfig create") && saidOfTheImage(e)) {
        String kernel = log.isEmpty() ? "" : "; kernel: " + String.join(" | ", log);
        throw new BadImage(e.getMessage() + kernel, image.generation());
      }
      throw log.isEmpty()
          ? e
          : new SyscallException(e.operation() + " (kernel: " + log + ")", e.errno());
    }
  }

  /**
   * What a file system says of its own structure: it is wrong, has features that this kernel does
   * not know (EOPNOTSUPP), or its root is no directory (ENOTDIR).
   */
  private static boolean saidOfTheImage(SyscallException e) {
    return e.is(Errno.EINVAL, Errno.EUCLEAN, Errno.EBADMSG, Errno.EOPNOTSUPP, Errno.ENOTDIR);
  }

  /** An image whose root can't be read, or is empty, would only hide the original. */
  private static void refuseUnreadable(Fd mount, ImageDirectory.Image image)
      throws BadImage, SyscallException {
    try (Fd directory = mount.reopenDirectory()) {
      if (!Directory.hasEntries(directory)) {
        throw new BadImage("the image has nothing in it", image.generation());
      }
    } catch (SyscallException e) {
      if (saidOfTheImage(e)) {
        throw new BadImage("the image can't be read: " + e.getMessage(), image.generation());
      }
      throw e;
    }
  }
}
