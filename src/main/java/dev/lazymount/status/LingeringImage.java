package dev.lazymount.status;

import java.time.Instant;

/**
 * An image that is mounted nowhere any more but is still in use: by an open file, or by a mount in
 * another mount namespace. The kernel releases its device with the last user.
 *
 * @param image the image file's path, or the path it had
 * @param device its loop device, such as {@code /dev/loop3}
 * @param since when this was first seen
 */
public record LingeringImage(String image, String device, Instant since) {}
