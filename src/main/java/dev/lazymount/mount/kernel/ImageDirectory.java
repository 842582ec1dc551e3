package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import java.util.Optional;

/**
 * Opens images of the image directory: only regular files, only inside the directory, and only with
 * a valid superblock.
 *
 * @param path the directory
 * @param symlinks whether an image may be a symlink to a file inside the directory
 */
record ImageDirectory(String path, boolean symlinks) {
  /** A device number that no file system has. */
  static final long NO_DEVICE = -1;

  /**
   * An open image with a valid superblock.
   *
   * @param fd for reading
   * @param generation its content
   * @param type its file system
   * @param file its path below the image directory
   * @param path its path, for messages and as the label of a loop device
   */
  record Image(Fd fd, Mounter.Generation generation, Superblock.Type type, String file, String path)
      implements AutoCloseable {
    /** Covers the metadata of squashfs, which are at the end; bytes. */
    private static final int TAIL = 16 << 20;

    private static final int STEP = 1 << 20;

    /** Whether the start and the end of the file can be read without an error. */
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

  /** The generation of an image; empty if there is no such file or it can't be read. */
  Optional<Mounter.Generation> generation(String file) {
    try {
      return find(file);
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  /**
   * The generation of an image, for a caller that must not take an image that can't be read for one
   * that is gone.
   *
   * @return empty if there is no such file, or it is a symlink that is refused
   */
  Optional<Mounter.Generation> find(String file) throws SyscallException {
    try (Fd directory = Fd.openDirectory(path)) {
      return Optional.of(read(directory, file, NO_DEVICE));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EXDEV)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * {@link #generation(String)} in a directory that is open already.
   *
   * @param local the device of a local file system, where a stat needs no open to be current
   */
  Optional<Mounter.Generation> generation(Fd directory, String file, long local) {
    try {
      return Optional.of(read(directory, file, local));
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  private Mounter.Generation read(Fd directory, String file, long local) throws SyscallException {
    try (Fd look = directory.openPathBeneath(file, symlinks)) {
      FileStatus status = look.status();
      if (status.type() == FileType.FILE && status.device() != local) {
        // NFS revalidates its cache when a file is opened, and not at a stat (close-to-open).
        try (Fd image = directory.openFileBeneath(file, symlinks)) {
          status = image.status();
        }
      }
      return generation(status);
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
   * Opens an image after a stat has shown a regular file: a device must not even be opened, because
   * some devices act on that. By its path both times, because the stat may come from NFS's cache.
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
