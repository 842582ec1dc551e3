package dev.lazymount.status;

import java.time.Instant;

/**
 * An image that is mounted nowhere any more, and that somebody still holds: by a file that is open,
 * or in a mount namespace of their own. The kernel lets go of it with its last user.
 *
 * @param image the image file's path, or the one it had
 * @param device its loop device, such as {@code /dev/loop3}
 * @param since when that was first seen
 */
public record LingeringImage(String image, String device, Instant since) {}
