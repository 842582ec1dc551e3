package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Leaves a directory alone in which an entry was created, renamed or removed a short time ago. The
 * trace reports files that are opened for writing; rename(2), mkdir(2), unlink(2) and their kind
 * open nothing, and leave the modification time of the directory. So this covers the entries of the
 * top directory, by any process and any path; and not those of directories below it.
 *
 * <p>A directory that is new is no reason to wait, because it changes while it is being filled: one
 * that was created since the daemon started. File systems that keep no time of creation, such as
 * NFS, leave a doubt. Then it counts as new if the directory around it was changed since the start,
 * as each new directory does.
 *
 * <p>Only a process that may write to the directory can change that time. One in the future, which
 * utimensat(2) can set, counts only within the time to wait, so that it keeps nothing unmounted for
 * ever.
 *
 * @param since when the daemon started; earlier changes do not count
 * @param quiet how long to wait after a change (mount.quiet-after-write); empty for not at all. Of
 *     the settings in force
 * @param clock the current time
 */
public record QuietRule(Instant since, Supplier<Optional<Duration>> quiet, Clock clock) {
  /** Mounts at any time. */
  static final QuietRule NONE = new QuietRule(Instant.EPOCH, Optional::empty, Clock.systemUTC());

  /** The rule of a daemon that starts now. */
  public static QuietRule fromNow(Supplier<Optional<Duration>> quiet) {
    Clock clock = Clock.systemUTC();
    return new QuietRule(clock.instant(), quiet, clock);
  }

  /**
   * Refuses a directory that was changed a short time ago.
   *
   * @param target the directory
   * @param place the same, open
   * @param status the same, as its storage has it
   * @throws MountFailure of the kind WRITTEN
   */
  void check(MountPoint target, Fd place, FileStatus status) throws MountFailure, SyscallException {
    Optional<Duration> time = quiet.get();
    Instant changed = instant(status.mtimeNanos());
    if (time.isEmpty() || !isRecent(changed, time.get())) {
      return;
    }
    OptionalLong birth = place.birthNanos();
    boolean isNew =
        birth.isPresent()
            ? isNew(instant(birth.getAsLong()), changed, time.get())
            : isNewWithoutBirth(target);
    if (!isNew) {
      throw MountFailure.written(changed, time.get());
    }
  }

  /** Whether this change counts, and the time to wait after it is not over. */
  boolean isRecent(Instant changed, Duration time) {
    Instant now = clock.instant();
    return !changed.isBefore(since)
        && changed.plus(time).isAfter(now)
        && changed.minus(time).isBefore(now);
  }

  /** Whether a directory with this time of creation is new, and the change may have filled it. */
  boolean isNew(Instant birth, Instant changed, Duration time) {
    return !birth.isBefore(since) && !changed.isAfter(birth.plus(time));
  }

  /** Whether a directory without a time of creation may be new. */
  boolean isNewWithoutBirth(MountPoint target) throws SyscallException {
    try (Fd parent = target.openParent()) {
      return !instant(parent.status().mtimeNanos()).isBefore(since);
    }
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }
}
