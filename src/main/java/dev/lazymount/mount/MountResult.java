package dev.lazymount.mount;

/**
 * The answer to somebody who asked for an image to be mounted or unmounted.
 *
 * @param name the image
 * @param outcome what came of it
 * @param reason why it is not as asked for; null if it is
 */
public record MountResult(String name, Outcome outcome, String reason) {
  /** What came of it. */
  public enum Outcome {
    /** It is as asked for now. */
    DONE,
    /** It was as asked for already. */
    ALREADY,
    /** It stays mounted, because it is in use now, or was since it was marked. */
    BUSY,
    /**
     * It stays mounted; the kernel was told to mark it, and by the mark sees whether it is used.
     */
    MARKED,
    /** It is not as asked for. */
    FAILED;

    /** Whether it is as asked for. */
    public boolean isGood() {
      return this == DONE || this == ALREADY;
    }
  }

  /** It was mounted. */
  public static MountResult mounted(String name, Mounter.Mounted mounted) {
    return new MountResult(name, mounted.adopted() ? Outcome.ALREADY : Outcome.DONE, null);
  }

  /**
   * An attempt to unmount it came to this.
   *
   * @param wasMarked whether the kernel had marked it before
   */
  public static MountResult unmounted(String name, Mounter.Expiry expiry, boolean wasMarked) {
    return switch (expiry) {
      case UNMOUNTED -> new MountResult(name, Outcome.DONE, null);
      case NOT_MOUNTED -> new MountResult(name, Outcome.ALREADY, null);
      case MARKED ->
          new MountResult(
              name, wasMarked ? Outcome.BUSY : Outcome.MARKED, "it was used a moment ago");
      case BUSY -> new MountResult(name, Outcome.BUSY, "it is in use");
    };
  }

  /** Nothing is done in observe mode. */
  public static MountResult observes(String name) {
    return failed(name, "mode is observe: nothing is mounted or unmounted");
  }

  /** It is not as asked for. */
  public static MountResult failed(String name, String reason) {
    return new MountResult(name, Outcome.FAILED, reason);
  }
}
