package dev.lazymount.mount;

import dev.lazymount.status.Access;
import dev.lazymount.status.Counters;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.MountWarning;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Publishes the status row, the log lines and the counters of one image. It holds no state but the
 * time of the last access. Used by the image's MountActor alone.
 */
final class ImageStatus {
  private final MountEnv env;
  private final String name;
  private Instant lastAccess;

  ImageStatus(MountEnv env, String name) {
    this.env = env;
    this.name = name;
  }

  /** Notes an access; {@link #show} publishes it. */
  void accessed() {
    lastAccess = Instant.now();
  }

  /** Publishes the status row. */
  void show(Mounter.Request request, ImageState state, Optional<ImageState.Late> late) {
    String image = env.images() + "/" + state.file().orElse(request.file());
    MountStatus.Builder row =
        MountStatus.of(name, image, env.root() + "/" + name).accessed(lastAccess);
    state.describe(row);
    late.ifPresent(call -> call.describe(row));
    env.status().mounts().put(row.build());
  }

  /** Removes the status row. */
  void remove() {
    env.status().mounts().remove(name);
  }

  /**
   * An image was mounted, or found mounted.
   *
   * @param swapped whether it took the place of another one
   * @param trigger the access that it was mounted for; null if there was none
   */
  void mounted(ImageState.Mounted now, boolean swapped, Access trigger) {
    String device = now.mount().device();
    if (now.mount().adopted()) {
      counters().adopted.increment();
      env.log().debug("{}: was already mounted, from {}", name, device);
      return;
    }
    counters().mounts.increment();
    counters().mountSeconds.observe(now.millis() / 1e3);
    String took = tenths(now.millis());
    if (swapped) {
      env.log().info("{}: image replaced; now mounted from {}", name, device);
    } else if (trigger == null) {
      env.log().info("{}: mounted from {} in {} ms", name, device, took);
    } else if (trigger.isUse()) {
      double since = (env.nanoTime().getAsLong() - trigger.seenNanos()) / 1e6;
      counters().accessToMountSeconds.observe(since / 1e3);
      env.log()
          .info(
              "{}: mounted from {} in {} ms, {} ms after the access by {}",
              name,
              device,
              took,
              tenths(since),
              trigger.by());
    } else {
      counters().warmed.increment();
      env.log().info("{}: mounted from {} in {} ms, for {}", name, device, took, trigger.by());
    }
    warned(now);
  }

  /** Something is wrong with the mount, which stays, or no longer is. */
  void warned(ImageState.Mounted now) {
    if (now.mount().warning() != MountWarning.NONE) {
      env.log().warn("{}: {}", name, now.mount().detail());
    }
  }

  /** A check or a swap of a mounted image failed. */
  void failed() {
    counters().failures.increment();
  }

  /** An attempt to mount failed. */
  void failed(ImageState.Failed now) {
    counters().failures.increment();
    counters().backedOff.increment();
    env.log().warn("{}: not mounted: {}", name, now.reason());
  }

  /** The image is bad. */
  void quarantined(ImageState.Quarantined now) {
    counters().failures.increment();
    counters().quarantines.increment();
    env.log().warn("{}: quarantined: {}", name, now.reason());
  }

  /** Its mount is elsewhere, or was unmounted there. */
  void displaced(ImageState.Unmounted now) {
    env.log().warn("{}: {}", name, now.reason());
  }

  /** This daemon unmounted it. */
  void unmounted(ImageState.Unmounted now) {
    env.log().info("{}: unmounted: {}", name, now.reason());
  }

  /**
   * A call is late.
   *
   * @param first whether it was not known to be late before
   */
  void late(ImageState.Late now, boolean first) {
    if (first) {
      counters().timeouts.increment();
    }
    if (now.cause() == ImageState.Late.Cause.THREADS) {
      // There may be thousands of them, and each mount that holds a thread has a warning.
      env.log().debug("{}: stuck: {}", name, now.reason());
    } else {
      env.log().warn("{}: stuck: {}", name, now.reason());
    }
  }

  private Counters counters() {
    return env.status().counters();
  }

  private static String tenths(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
