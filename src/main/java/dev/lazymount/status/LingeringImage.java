package dev.lazymount.status;

import java.time.Instant;

/**
 * An image that is not mounted at its place in the root any more but is still in use: by an open
 * file, by a mount in another mount namespace, or by a mount in the former root directory. The
 * kernel releases its device with the last user.
 *
 * @param image the image file's path, or the path it had
 * @param device its loop device, such as {@code /dev/loop3}
 * @param since when this was first seen
 * @param mountedOn where it is still mounted in this mount namespace, as the mount table has it;
 *     null if nowhere
 */
public record LingeringImage(String image, String device, Instant since, String mountedOn) {
  /** An image that is mounted nowhere in this mount namespace. */
  public LingeringImage(String image, String device, Instant since) {
    this(image, device, since, null);
  }
}
