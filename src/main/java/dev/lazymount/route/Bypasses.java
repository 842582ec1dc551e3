package dev.lazymount.route;

import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.status.Access;
import dev.lazymount.status.Bypass;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/**
 * Recognises processes that read the original directory of an image which is mounted over it. Their
 * mount namespace does not have the mount, or they have had the directory open since before it.
 *
 * <p>Only for a trace program that does not report accesses to a mounted image. Accesses on the way
 * when the image was mounted do not count: those that come later than {@link #GRACE} after the
 * first one do.
 *
 * <p>Bounded: {@link #MOST} images, and one look at a process at a time, no more often than once in
 * {@link #LOOK_PAUSE} for all of them. Used by the Router alone; the looks run on an executor.
 */
final class Bypasses {
  /** From the first access to the original of a mounted image to the first that counts. */
  static final Duration GRACE = Duration.ofSeconds(3);

  /** The most images of which an access is remembered. */
  static final int MOST = 1024;

  static final Duration LOOK_PAUSE = Duration.ofMillis(200);

  private final DaemonStatus status;
  private final Executor executor;
  private final BiFunction<Integer, String, ProcessMounts.Sight> look;
  private final AtomicBoolean looking = new AtomicBoolean();

  /** By image; the one read longest ago is the first. */
  private final LinkedHashMap<String, First> first = new LinkedHashMap<>(16, 0.75f, true);

  private Optional<Long> lookedAt = Optional.empty();

  /** The first access to the original of this very mount. */
  private record First(Instant mounted, long when) {}

  /**
   * Knows no access yet.
   *
   * @param status has the mounts, and receives what is found
   * @param executor runs the looks at processes
   * @param look whether a process has a mount of a device; called on the executor
   */
  Bypasses(
      DaemonStatus status,
      Executor executor,
      BiFunction<Integer, String, ProcessMounts.Sight> look) {
    this.status = status;
    this.executor = executor;
    this.look = look;
  }

  /**
   * Notes a use of an image.
   *
   * @param when the time of the access, System.nanoTime()
   * @return whether it is mounted and has been for some time, so that there is nothing to mount
   */
  boolean isBypass(Access access, String image, long when) {
    Optional<MountStatus> row = status.mounts().get(image).filter(MountStatus::mounted);
    if (row.isEmpty() || status.trace().program().seesMountedImages()) {
      if (first.remove(image) != null) {
        status.bypasses().remove(image);
      }
      return false;
    }
    First known = first.get(image);
    if (known == null || !known.mounted().equals(row.get().since())) {
      first.put(image, new First(row.get().since(), when));
      if (first.size() > MOST) {
        Iterator<String> oldest = first.keySet().iterator();
        oldest.next();
        oldest.remove();
      }
      return false;
    }
    if (when - known.when() < GRACE.toNanos()) {
      return false;
    }
    status.counters().bypasses.increment();
    status.bypasses().add(image, access.pid(), access.comm(), Instant.now());
    lookAt(access, image, row.get().device(), when);
    return true;
  }

  private void lookAt(Access access, String image, String device, long when) {
    boolean due = lookedAt.isEmpty() || when - lookedAt.get() >= LOOK_PAUSE.toNanos();
    if (device == null || !due || !looking.compareAndSet(false, true)) {
      return;
    }
    lookedAt = Optional.of(when);
    executor.execute(
        () -> {
          try {
            switch (look.apply(access.pid(), device)) {
              case HAS -> found(image, access, Bypass.Cause.BELOW_MOUNT);
              case LACKS -> found(image, access, Bypass.Cause.NO_MOUNT);
              case ENDED -> {
                // An earlier process may have been examined in time.
              }
            }
          } finally {
            looking.set(false);
          }
        });
  }

  private void found(String image, Access access, Bypass.Cause cause) {
    status.bypasses().cause(image, access.pid(), access.comm(), cause);
  }
}
