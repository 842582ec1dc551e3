package dev.lazymount.mount;

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
   * @param device the block device, such as {@code /dev/loop3}
   * @param adopted whether it was there already
   * @param generation the image's content; null if it is not the one of now
   */
  record Mounted(String device, boolean adopted, Generation generation) {}

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
  record Generation(long device, long inode, long size, long mtimeNanos) {}

  /** The image file's generation; empty if there is no such file or it can't be told. */
  Optional<Generation> generation(Request request);
}
