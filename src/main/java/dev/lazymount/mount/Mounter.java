package dev.lazymount.mount;

import dev.lazymount.linux.FileStatus;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountWarning;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * Mounts, checks and unmounts one image. Every call blocks for as long as the storage does, and
 * belongs on the mount dispatcher. Of an operation that changes something, one runs at a time for
 * each name, across processes: while another process works on it, it fails with {@link
 * MountFailure.Kind#LOCKED}.
 */
public interface Mounter {
  /**
   * What to mount.
   *
   * @param name the compiler's name, which is also the path of its mount point below the root
   * @param file the image's path below the image directory
   * @param inner the names of images that belong inside this one's directory; this one is not
   *     mounted over them
   */
  record Request(String name, String file, List<String> inner) {}

  /**
   * A mount in place.
   *
   * @param device the block device, such as {@code /dev/loop3}; of a file system that reads its
   *     image without one, the number that the kernel gave it, such as {@code 0:45}
   * @param adopted whether it was in place already
   * @param generation the image's content; null if that is not known
   * @param warning what is wrong with it
   * @param detail the warning in words; null if there is none
   */
  record Mounted(
      String device, boolean adopted, Generation generation, MountWarning warning, String detail) {
    /** A mount that nothing is wrong with. */
    public Mounted(String device, boolean adopted, Generation generation) {
      this(device, adopted, generation, MountWarning.NONE, null);
    }

    /** The same mount with this warning. */
    public Mounted warn(MountWarning kind, String why) {
      return new Mounted(device, adopted, generation, kind, why);
    }

    /** Whether it is the newest image, mounted once. */
    public boolean isCurrent() {
      return switch (warning) {
        case NONE, NEWER_DIRECTORY, DISPLACED -> true;
        case OUTDATED, STACKED, UNVERIFIED -> false;
      };
    }
  }

  /**
   * Mounts an image unless it is mounted already. If an older file of the same name is mounted, it
   * is swapped for the newest.
   *
   * @return the mount; with a warning if an older image had to stay
   * @throws MountFailure if it could not be mounted; then nothing has changed and nothing is left
   *     behind
   */
  Mounted mount(Request request) throws MountFailure;

  /**
   * Checks what is mounted, and changes nothing.
   *
   * @return empty if nothing is mounted on the mount point
   * @throws MountFailure if something else is mounted there, or it can't be determined
   */
  Optional<Mounted> look(Request request) throws MountFailure;

  /**
   * Checks what is mounted, and puts it right under the same lock: swaps an older image for the
   * newest, and unmounts one of two mounts. Mounts nothing where nothing is mounted.
   *
   * @return what is mounted then; empty if nothing is
   * @throws MountFailure as {@link #look} and {@link #mount}
   */
  Optional<Mounted> refresh(Request request) throws MountFailure;

  /**
   * Identifies the content of an image file.
   *
   * @param device device number of its file system
   * @param inode inode number
   * @param size bytes
   * @param mtimeNanos last change, nanoseconds since 1970
   */
  record Generation(long device, long inode, long size, long mtimeNanos) {
    /** For operators: when the file was changed, and its inode number. */
    public String text() {
      Instant changed = Instant.EPOCH.plusNanos(mtimeNanos).truncatedTo(ChronoUnit.SECONDS);
      return changed + " inode " + Long.toUnsignedString(inode);
    }
  }

  /** The image file's generation; empty if there is no such file or it can't be read. */
  Optional<Generation> generation(Request request);

  /**
   * What of an original directory decides whether an image may cover it.
   *
   * @param device device number of its file system
   * @param inode inode number
   * @param mode the permission bits
   * @param owner the user id of the owner
   * @param group the id of the group
   * @param mtimeNanos last change of its entries, nanoseconds since 1970
   */
  record Covered(long device, long inode, int mode, int owner, int group, long mtimeNanos) {
    /** From the status of the directory. */
    public static Covered of(FileStatus s) {
      return new Covered(s.device(), s.inode(), s.mode(), s.owner(), s.group(), s.mtimeNanos());
    }
  }

  /**
   * The directory that the image would cover; empty if something is mounted on it or it can't be
   * read, and then only a mount can show whether the image fits.
   */
  default Optional<Covered> covered(Request request) {
    return Optional.empty();
  }

  /**
   * A mount of an image that went elsewhere with its directory.
   *
   * @param isMounted whether it is still mounted there
   * @param reason where, and what happens next
   */
  record Displaced(boolean isMounted, String reason) {}

  /**
   * Finds out, where an image is not mounted any more, whether its mount was moved, and unmounts it
   * there if it is unused. Empty if there is no such mount, or it can't be determined.
   */
  default Optional<Displaced> displaced(Request request) {
    return Optional.empty();
  }

  /** The result of an attempt to unmount. */
  enum Expiry {
    /** It is unmounted. */
    UNMOUNTED,
    /** It was in use since the last attempt; the next one unmounts it unless it is used again. */
    MARKED,
    /** It is in use now. */
    BUSY,
    /** The image is not mounted. */
    NOT_MOUNTED
  }

  /**
   * Unmounts an image that was not used since the last call (MNT_EXPIRE); the kernel decides.
   *
   * @param marked whether the last call marked it; then it is not checked first, which would be a
   *     use. The kernel unmounts only what still has that mark, and a mount made since has none
   * @throws MountFailure if something else is mounted there, or it can't be determined
   */
  Expiry expire(Request request, boolean marked) throws MountFailure;

  /**
   * Unmounts an image that is not in use now.
   *
   * @return never {@link Expiry#MARKED}
   * @throws MountFailure if something else is mounted there, or it can't be determined
   */
  Expiry unmount(Request request) throws MountFailure;

  /**
   * The image of a device that was unmounted just now and is still in use, by another mount
   * namespace or an open file. Asks no storage.
   *
   * @param device such as {@code /dev/loop3}
   * @return empty if the kernel has released the device, or another name still has it mounted
   */
  default Optional<LingeringImage> lingering(String device) {
    return Optional.empty();
  }
}
