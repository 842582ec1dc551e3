package dev.lazymount.mount;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The work of mounting one image. Calls block; they belong on the mount dispatcher. */
public interface Mounter {
  /**
   * What to mount.
   *
   * @param name the compiler's name, which is also its target below the root
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
   * @param adopted whether it was there already
   * @param generation the image's content; null if that is not known
   * @param outdated why it is not as it should be, such as an older file of the same name, so that
   *     a mount would change it; null if it is
   */
  record Mounted(String device, boolean adopted, Generation generation, String outdated) {
    /** One that is not outdated. */
    public Mounted(String device, boolean adopted, Generation generation) {
      this(device, adopted, generation, null);
    }

    /** The same, with the reason why it is not as it should be. */
    public Mounted because(String why) {
      return new Mounted(device, adopted, generation, why);
    }
  }

  /**
   * Mounts an image, or finds that it is mounted already; either way it is mounted once. If an
   * older file of the same name is mounted, it is replaced.
   *
   * @throws MountFailure if it could not be; then nothing has changed and nothing is left behind
   */
  Mounted mount(Request request) throws MountFailure;

  /**
   * Looks whether an image is mounted, and changes nothing.
   *
   * @return empty if nothing is mounted on the target
   * @throws MountFailure if something else is mounted there, or it can't be told
   */
  Optional<Mounted> look(Request request) throws MountFailure;

  /**
   * What tells one content of an image file from the next.
   *
   * @param device device number of the file system it lies on
   * @param inode inode number
   * @param size bytes
   * @param mtimeNanos last change, nanoseconds since 1970
   */
  record Generation(long device, long inode, long size, long mtimeNanos) {
    /** For people: when the file was changed, and its inode number. */
    public String text() {
      Instant changed = Instant.EPOCH.plusNanos(mtimeNanos).truncatedTo(ChronoUnit.SECONDS);
      return changed + " inode " + Long.toUnsignedString(inode);
    }
  }

  /** The image file's generation; empty if there is no such file or it can't be told. */
  Optional<Generation> generation(Request request);

  /** What came of an attempt to unmount what nobody uses. */
  enum Expiry {
    /** It is unmounted. */
    UNMOUNTED,
    /** It was in use since the last attempt; the next one unmounts it unless it is used again. */
    MARKED,
    /** It is in use now. */
    BUSY,
    /** Nothing of ours is mounted there. */
    NOT_MOUNTED
  }

  /**
   * Unmounts an image that nobody has used since the last time this was called; the kernel judges.
   *
   * @param marked whether the last call marked it; then it is not looked at before, which would be
   *     a use. The kernel unmounts only what still has that mark, and a mount that came there since
   *     has none
   * @throws MountFailure if it can't be told, or another process is at it
   */
  Expiry expire(Request request, boolean marked) throws MountFailure;

  /**
   * Unmounts an image that is not in use right now.
   *
   * @return never {@link Expiry#MARKED}
   * @throws MountFailure if something else than the image is mounted there, or it can't be told, or
   *     another process is at it
   */
  Expiry unmount(Request request) throws MountFailure;
}
