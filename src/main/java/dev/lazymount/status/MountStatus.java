package dev.lazymount.status;

import java.time.Instant;

/**
 * One image in use.
 *
 * @param name the compiler's name, such as {@code arm64/gcc-14.2.0}
 * @param image the image file's path
 * @param target where it is or would be mounted
 * @param state its state
 * @param since when it came into this state
 * @param lastAccess when an access was last seen; null if none was
 * @param mountMillis how long the mount took, milliseconds; null if this daemon did not make it
 * @param trigger what it was mounted for: an access, such as {@code gcc[4711] by openat}, or the
 *     warm list; null if this daemon did not mount it, or swapped the image
 * @param device the block device, such as {@code /dev/loop3}, or {@code 0:45} for an erofs that
 *     reads its image without one; null unless mounted
 * @param generation which content of the image is mounted; null if that is not known
 * @param reason why it is not mounted and what happens next; null where there is nothing to say
 * @param retryAt before when an access does not try again; null unless it failed
 */
public record MountStatus(
    String name,
    String image,
    String target,
    MountState state,
    Instant since,
    Instant lastAccess,
    Double mountMillis,
    String trigger,
    String device,
    String generation,
    String reason,
    Instant retryAt) {

  /** An image that nothing is known of but its names. */
  public static MountStatus unknown(String name, String image, String target) {
    return new MountStatus(
        name,
        image,
        target,
        MountState.UNMOUNTED,
        Instant.now(),
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** The same image, seen in use at {@code when}. */
  public MountStatus accessed(Instant when) {
    return new MountStatus(
        name,
        image,
        target,
        state,
        since,
        when,
        mountMillis,
        trigger,
        device,
        generation,
        reason,
        retryAt);
  }

  /** The same name, served by the image file of this path. */
  public MountStatus of(String file) {
    return new MountStatus(
        name,
        file,
        target,
        state,
        since,
        lastAccess,
        mountMillis,
        trigger,
        device,
        generation,
        reason,
        retryAt);
  }

  /** The same, with this to be said of it. */
  public MountStatus because(String why) {
    return new MountStatus(
        name,
        image,
        target,
        state,
        since,
        lastAccess,
        mountMillis,
        trigger,
        device,
        generation,
        why,
        retryAt);
  }

  /** The same image in another state, with nothing mounted. */
  public MountStatus unmounted(MountState now, Instant when, String why) {
    return new MountStatus(
        name, image, target, now, when, lastAccess, null, null, null, null, why, null);
  }

  /**
   * The same image, mounted; {@code millis} and {@code by} null if somebody else had mounted it.
   */
  public MountStatus mounted(
      Instant when, String device, Double millis, String by, String generation) {
    return new MountStatus(
        name,
        image,
        target,
        MountState.MOUNTED,
        when,
        lastAccess,
        millis,
        by,
        device,
        generation,
        null,
        null);
  }

  /** The same, not to be tried again before {@code when}. */
  public MountStatus notBefore(Instant when) {
    return new MountStatus(
        name,
        image,
        target,
        state,
        since,
        lastAccess,
        mountMillis,
        trigger,
        device,
        generation,
        reason,
        when);
  }
}
