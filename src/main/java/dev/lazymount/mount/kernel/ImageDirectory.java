package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import java.util.Optional;

/**
 * The image directory, and opening an image in it: never one outside, never anything but a file,
 * and never one whose superblock is not right.
 *
 * @param path the directory
 * @param symlinks whether an image may be a symlink, which must still lead to a file inside
 */
record ImageDirectory(String path, boolean symlinks) {
  /** What no file system has for a device number. */
  static final long NO_DEVICE = -1;

  /**
   * An image that was opened and looked at.
   *
   * @param fd for reading
   * @param generation its content
   * @param type its file system
   * @param file its path below the image directory
   * @param path for people, and for those that read a loop device's file
   */
  record Image(Fd fd, Mounter.Generation generation, Superblock.Type type, String file, String path)
      implements AutoCloseable {
    /** Where the metadata of squashfs are, and then some; bytes. */
    private static final int TAIL = 16 << 20;

    private static final int STEP = 1 << 20;

    /** Whether the storage gives the start and the end of the file without an error. */
    boolean isReadable() {
      byte[] buffer = new byte[STEP];
      try {
        fd.read(buffer, 0);
        for (long at = Math.max(0, generation.size() - TAIL); at < generation.size(); at += STEP) {
          fd.read(buffer, at);
        }
        return true;
      } catch (SyscallException e) {
        return false;
      }
    }

    @Override
    public void close() {
      fd.close();
    }
  }

  /** Opens an image and checks its superblock. */
  Image open(String file) throws BadImage, SyscallException {
    Fd fd = openFile(file);
    try {
      FileStatus status = fd.status();
      Mounter.Generation generation = generation(status);
      refuseUnlessFile(status);
      byte[] head = new byte[Superblock.SIZE];
      Superblock superblock = Superblock.read(head, fd.read(head, 0), status.size());
      if (superblock.problem().isPresent()) {
        throw new BadImage(superblock.problem().get(), generation);
      }
      return new Image(fd, generation, superblock.type(), file, path + "/" + file);
    } catch (BadImage | SyscallException | RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** The generation of an image; empty if there is none or it can't be told. */
  Optional<Mounter.Generation> generation(String file) {
    try (Fd directory = Fd.openDirectory(path)) {
      return generation(directory, file, NO_DEVICE);
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  /**
   * The same in the directory that is open already.
   *
   * @param local the device of a file system on which a look tells what is there, with no server
   *     that knows better
   */
  Optional<Mounter.Generation> generation(Fd directory, String file, long local) {
    try (Fd look = directory.openPathBeneath(file, symlinks)) {
      FileStatus status = look.status();
      if (status.type() == FileType.FILE && status.device() != local) {
        // NFS asks the server anew what there is when a file is opened, and not when it is looked
        // at.
        try (Fd image = directory.openFileBeneath(file, symlinks)) {
          status = image.status();
        }
      }
      return Optional.of(generation(status));
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  private static Mounter.Generation generation(FileStatus s) {
    return new Mounter.Generation(s.device(), s.inode(), s.size(), s.mtimeNanos());
  }

  private static void refuseUnlessFile(FileStatus status) throws BadImage {
    if (status.type() != FileType.FILE) {
      throw new BadImage(
          "the image is a " + status.type().displayName() + ", not a file", generation(status));
    }
  }

  /**
   * Opens an image, once a look has told that it is a file: a device is not opened at all, as some
   * act on that. By its path both times, as what was looked at may be what NFS remembers.
   */
  private Fd openFile(String file) throws BadImage, SyscallException {
    try (Fd directory = Fd.openDirectory(path)) {
      try (Fd look = directory.openPathBeneath(file, symlinks)) {
        refuseUnlessFile(look.status());
      }
      return directory.openFileBeneath(file, symlinks);
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP, Errno.EXDEV)) {
        String problem =
            symlinks ? "the image is a symlink that leads out of " : "the image is a symlink in ";
        throw new BadImage(problem + path + ": " + Errno.describe(e.errno()), null);
      }
      throw e;
    }
  }
}
