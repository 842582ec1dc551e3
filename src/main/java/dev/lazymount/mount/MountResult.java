package dev.lazymount.mount;

import dev.lazymount.status.LingeringImage;
import java.util.Optional;

/**
 * The reply to a request to mount or unmount an image.
 *
 * @param name the image
 * @param outcome the outcome
 * @param reason why it is not as requested; null if it is
 * @param lingering the device of an image that was unmounted and is still in use, by another mount
 *     namespace or an open file; null if there is none
 */
public record MountResult(String name, Outcome outcome, String reason, String lingering) {
  /** Nothing lingers. */
  public MountResult(String name, Outcome outcome, String reason) {
    this(name, outcome, reason, null);
  }

  /** The outcome. */
  public enum Outcome {
    /** It is as requested now. */
    DONE,
    /** It was as requested already. */
    ALREADY,
    /** It stays mounted, because it is in use, or was used since it was marked. */
    BUSY,
    /** It stays mounted; the kernel has marked it, and clears the mark at the next use. */
    MARKED,
    /** It is not as requested. */
    FAILED;

    /** Whether it is as requested. */
    public boolean isGood() {
      return this == DONE || this == ALREADY;
    }
  }

  /** It was mounted. */
  public static MountResult mounted(String name, Mounter.Mounted mounted) {
    return new MountResult(name, mounted.adopted() ? Outcome.ALREADY : Outcome.DONE, null);
  }

  /**
   * The result of an attempt to unmount it.
   *
   * @param wasMarked whether the kernel had marked it before
   */
  public static MountResult unmounted(String name, Mounter.Expiry expiry, boolean wasMarked) {
    return switch (expiry) {
      case UNMOUNTED -> new MountResult(name, Outcome.DONE, null);
      case NOT_MOUNTED -> new MountResult(name, Outcome.ALREADY, null);
      case MARKED ->
          new MountResult(
              name, wasMarked ? Outcome.BUSY : Outcome.MARKED, "it was used since the last check");
      case BUSY -> new MountResult(name, Outcome.BUSY, "it is in use");
    };
  }

  /** The same, where the unmounted image is still in use. */
  public MountResult lingering(Optional<LingeringImage> image) {
    return new MountResult(name, outcome, reason, image.map(LingeringImage::device).orElse(null));
  }

  /** Nothing is done in observe mode. */
  public static MountResult observes(String name) {
    return failed(name, "mode is observe: nothing is mounted or unmounted");
  }

  /** It is not as requested. */
  public static MountResult failed(String name, String reason) {
    return new MountResult(name, Outcome.FAILED, reason);
  }
}
