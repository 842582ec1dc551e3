package dev.lazymount.status;

import java.time.Instant;

/**
 * The status row of one image in use. It reports and decides nothing: a MountActor builds it from
 * its own state.
 *
 * @param name the compiler's name, such as {@code arm64/gcc-14.2.0}
 * @param image the image file's path
 * @param target the mount point
 * @param state its state
 * @param since when it entered this state
 * @param lastAccess time of the last access; null if there was none
 * @param mounted whether the image is mounted: in state MOUNTED, and in state STUCK where the late
 *     call is about a mounted image
 * @param mountMillis duration of the mount, milliseconds; null if this daemon did not make it
 * @param trigger what it was mounted for: an access, such as {@code gcc[4711] (openat)}, the warm
 *     list, a request, or the replacement of an image; null if this daemon did not mount it
 * @param device the block device, such as {@code /dev/loop3}, or {@code 0:45} for an erofs that
 *     reads its image without one; null unless mounted
 * @param generation which content of the image is mounted; null if that is not known
 * @param warning what is wrong with the mount
 * @param reason why it is not mounted, or what is wrong with the mount, and what happens next; null
 *     where there is nothing to say
 * @param retryAt accesses before this time do not retry; null unless it failed
 */
public record MountStatus(
    String name,
    String image,
    String target,
    MountState state,
    Instant since,
    Instant lastAccess,
    boolean mounted,
    Double mountMillis,
    String trigger,
    String device,
    String generation,
    MountWarning warning,
    String reason,
    Instant retryAt) {

  /** A row of an image that is unmounted since now, to be completed. */
  public static Builder of(String name, String image, String target) {
    return new Builder(name, image, target);
  }

  /** This row, with a later access. */
  public MountStatus accessed(Instant when) {
    Builder row = new Builder(name, image, target).state(state, since, reason).accessed(when);
    row.mounted = mounted;
    row.mountMillis = mountMillis;
    row.trigger = trigger;
    row.device = device;
    row.generation = generation;
    row.warning = warning;
    row.retryAt = retryAt;
    return row.build();
  }

  /** The one place that makes rows. A value that is not set is null. */
  public static final class Builder {
    private final String name;
    private final String image;
    private final String target;
    private MountState state = MountState.UNMOUNTED;
    private Instant since = Instant.now();
    private Instant lastAccess;
    private boolean mounted;
    private Double mountMillis;
    private String trigger;
    private String device;
    private String generation;
    private MountWarning warning = MountWarning.NONE;
    private String reason;
    private Instant retryAt;

    private Builder(String name, String image, String target) {
      this.name = name;
      this.image = image;
      this.target = target;
    }

    /** A state, when it was entered, and why. */
    public Builder state(MountState now, Instant when, String why) {
      state = now;
      since = when;
      reason = why;
      return this;
    }

    /** Mounted; {@code millis} and {@code by} are null if this daemon did not make the mount. */
    public Builder mounted(Instant when, String from, Double millis, String by, String content) {
      state(MountState.MOUNTED, when, null);
      mounted = true;
      device = from;
      mountMillis = millis;
      trigger = by;
      generation = content;
      return this;
    }

    /** What is wrong with the mount. */
    public Builder warning(MountWarning kind, String why) {
      warning = kind;
      reason = why;
      return this;
    }

    /** The last access; null if there was none. */
    public Builder accessed(Instant when) {
      lastAccess = when;
      return this;
    }

    /** Accesses before this time do not retry. */
    public Builder retryAt(Instant when) {
      retryAt = when;
      return this;
    }

    /** The row. */
    public MountStatus build() {
      return new MountStatus(
          name,
          image,
          target,
          state,
          since,
          lastAccess,
          mounted,
          mountMillis,
          trigger,
          device,
          generation,
          warning,
          reason,
          retryAt);
    }
  }
}
