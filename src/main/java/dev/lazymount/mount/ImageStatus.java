package dev.lazymount.mount;

import dev.lazymount.status.Access;
import dev.lazymount.status.Counters;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.text.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;

/**
 * What is told of one image: its line on the board, one line in the log for each thing that
 * happened, and the counters. The state of the image is the line's. Used by its MountActor alone.
 */
final class ImageStatus {
  /** Nothing is tried now. */
  static final String NO_STORAGE = "the image storage does not answer; it is tried when it does";

  /** It was mounted by us, and is not any more. */
  static final String BY_SOMEBODY = "somebody else has unmounted it; the next access mounts it";

  private final MountEnv env;
  private final String name;
  private MountStatus line;
  private MountStatus beforeStuck;

  /** The line of an image that nothing is known of yet. */
  ImageStatus(MountEnv env, Mounter.Request request) {
    this.env = env;
    this.name = request.name();
    show(MountStatus.unknown(name, imagePath(request), env.root() + "/" + name));
  }

  MountState state() {
    return line.state();
  }

  /** Why it is not mounted; null where there is nothing to say. */
  String reason() {
    return line.reason();
  }

  void accessed() {
    show(line.accessed(Instant.now()));
  }

  void mounting(Mounter.Request request) {
    if (state() != MountState.MOUNTED) {
      show(line.of(imagePath(request)).unmounted(MountState.MOUNTING, Instant.now(), null));
    }
  }

  /**
   * It is mounted.
   *
   * @param request the image that it is, unless an older one is mounted
   * @param millis how long that took
   * @param trigger whose access it was for
   */
  void mounted(Mounter.Request request, Mounter.Mounted mounted, double millis, Access trigger) {
    if (mounted.outdated() == null && !imagePath(request).equals(line.image())) {
      show(line.of(imagePath(request)));
    }
    boolean known =
        state() == MountState.MOUNTED
            && mounted.adopted()
            && mounted.device().equals(line.device());
    if (known) {
      stays(mounted.outdated());
      return;
    }
    boolean replaced = state() == MountState.MOUNTED && !mounted.adopted();
    boolean ahead = trigger != null && !trigger.isUse();
    if (mounted.adopted()) {
      counters().adopted.increment();
    } else {
      counters().mounts.increment();
      counters().mountSeconds.observe(millis / 1e3);
    }
    if (ahead && !mounted.adopted()) {
      counters().warmed.increment();
    }
    String generation = mounted.generation() == null ? null : mounted.generation().text();
    show(
        line.mounted(
            Instant.now(),
            mounted.device(),
            mounted.adopted() ? null : millis,
            mounted.adopted() || trigger == null ? null : trigger.by(),
            generation));
    if (mounted.adopted()) {
      env.log().debug("{}: was mounted already, from {}", name, mounted.device());
    } else if (replaced) {
      env.log().info("{}: its image was replaced; now from {}", name, mounted.device());
    } else if (trigger == null) {
      env.log().info("{}: mounted from {} in {} ms", name, mounted.device(), tenths(millis));
    } else if (ahead) {
      env.log()
          .info(
              "{}: mounted from {} in {} ms, for {}",
              name,
              mounted.device(),
              tenths(millis),
              trigger.by());
    } else {
      double since = (env.nanoTime().getAsLong() - trigger.seenNanos()) / 1e6;
      counters().accessToMountSeconds.observe(since / 1e3);
      env.log()
          .info(
              "{}: mounted from {} in {} ms, {} ms after it was used by {}",
              name,
              mounted.device(),
              tenths(millis),
              tenths(since),
              trigger.by());
    }
  }

  /** What is mounted goes on, for this reason; null if there is nothing to say. */
  private void stays(String reason) {
    if (!Objects.equals(reason, line.reason())) {
      if (reason != null) {
        env.log().warn("{}: {}", name, reason);
      }
      show(line.because(reason));
    }
  }

  /** A look or a swap failed, which says nothing against what is mounted. */
  void unclear(MountFailure failure) {
    counters().failures.increment();
    stays(failure.getMessage() + "; what is mounted stays, and each scan tries again");
  }

  /**
   * Another file than the one that is mounted is the image of this name now. With a reason, what is
   * mounted is looked at after each scan.
   */
  void renamed(Mounter.Request now) {
    String image = imagePath(now);
    if (state() == MountState.MOUNTED && line.reason() == null && !image.equals(line.image())) {
      show(line.because("its image is " + image + " now; it is swapped after a scan"));
    }
  }

  void quarantined(MountFailure failure) {
    counters().failures.increment();
    counters().quarantines.increment();
    String reason = failure.getMessage() + "; it is tried again when the file has changed";
    env.log().warn("{}: quarantined: {}", name, reason);
    show(line.unmounted(MountState.QUARANTINED, Instant.now(), reason));
  }

  void failed(MountFailure failure, Duration pause) {
    counters().failures.increment();
    counters().backedOff.increment();
    String reason =
        failure.getMessage()
            + "; the first access in "
            + tenths(pause.toMillis() / 1000.0)
            + " s or later tries again";
    env.log().warn("{}: not mounted: {}", name, reason);
    Instant now = Instant.now();
    show(line.unmounted(MountState.FAILED, now, reason).notBefore(now.plus(pause)));
  }

  /** What it is that takes too long. */
  enum Stuck {
    /** It has a slot, and the storage does not answer. */
    HANGS,
    /** It waits for a slot. */
    WAITS,
    /** It waits for another process. */
    LOCKED
  }

  void stuck(Stuck why) {
    String seconds = Durations.text(env.timeout());
    String what =
        switch (why) {
          case HANGS -> "no answer from the storage for " + seconds;
          case WAITS -> "no free slot for " + seconds + ", because other mounts hang";
          case LOCKED -> "another process has held the lock of this image for " + seconds;
        };
    if (state() != MountState.STUCK) {
      beforeStuck = line;
      counters().timeouts.increment();
    }
    String meanwhile =
        beforeStuck.state() == MountState.MOUNTED
            ? "what is mounted stays"
            : "the original is read meanwhile";
    String reason = what + "; it is waited for, and " + meanwhile;
    if (reason.equals(line.reason())) {
      return;
    }
    if (why == Stuck.WAITS) {
      // Those that hang have a line each, and these may be thousands.
      env.log().debug("{}: stuck: {}", name, reason);
    } else {
      env.log().warn("{}: stuck: {}", name, reason);
    }
    show(line.unmounted(MountState.STUCK, Instant.now(), reason));
  }

  /** The answer came after all and says nothing new. */
  void unstick() {
    if (state() == MountState.STUCK) {
      show(beforeStuck.accessed(line.lastAccess()));
    }
  }

  /** Nothing is mounted, for this reason. */
  void unmounted(String reason) {
    show(line.unmounted(MountState.UNMOUNTED, Instant.now(), reason));
  }

  /** Unmounted by us, for this reason. */
  void released(String reason) {
    env.log().info("{}: unmounted: {}", name, reason);
    unmounted(reason);
  }

  void forget() {
    env.status().mounts().remove(name);
  }

  private Counters counters() {
    return env.status().counters();
  }

  private String imagePath(Mounter.Request request) {
    return env.images() + "/" + request.file();
  }

  private static String tenths(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private void show(MountStatus now) {
    line = now;
    env.status().mounts().put(now);
  }
}
