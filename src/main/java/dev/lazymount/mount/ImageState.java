package dev.lazymount.mount;

import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.MountWarning;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of one image: exactly one of these at any time. Immutable; the MountActor replaces
 * it. Whether a call about the image is late is not a state: see {@link Late}. Decisions are made
 * by type; texts are for operators.
 */
sealed interface ImageState {
  /** The reason while all mount threads are blocked. */
  String NO_STORAGE = "image storage is not responding; retries when it responds";

  /** The reason after an unmount that this daemon did not make. */
  String UNMOUNTED_EXTERNALLY = "unmounted externally; the next access mounts it again";

  /** When this state was entered. */
  Instant since();

  /** Writes this state into a status row. */
  MountStatus.Builder describe(MountStatus.Builder row);

  /** The file that this state is about, where it is another one than the newest scan found. */
  default Optional<String> file() {
    return Optional.empty();
  }

  /**
   * Nothing is mounted; the next access mounts.
   *
   * @param since when this state was entered
   * @param reason null where there is nothing to say
   * @param warning {@link MountWarning#DISPLACED} if the image is still mounted elsewhere
   */
  record Unmounted(Instant since, String reason, MountWarning warning) implements ImageState {
    static Unmounted because(String reason) {
      return new Unmounted(Instant.now(), reason, MountWarning.NONE);
    }

    /** The mount has gone elsewhere. */
    static Unmounted displaced(Mounter.Displaced displaced) {
      return new Unmounted(
          Instant.now(),
          displaced.reason(),
          displaced.isMounted() ? MountWarning.DISPLACED : MountWarning.NONE);
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.UNMOUNTED, since, reason).warning(warning, reason);
    }
  }

  /**
   * The first mount is in progress.
   *
   * @param since when this state was entered
   * @param request which image is being mounted
   */
  record Mounting(Instant since, Mounter.Request request) implements ImageState {
    @Override
    public Optional<String> file() {
      return Optional.of(request.file());
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.MOUNTING, since, null);
    }
  }

  /**
   * The image is mounted.
   *
   * @param since when it was mounted or found mounted
   * @param image path below the image directory
   * @param mount the mount as it was first seen, with the newest warning
   * @param millis duration of the mount, milliseconds; null if this daemon did not make it
   * @param trigger what it was mounted for; null if this daemon did not mount it
   */
  record Mounted(Instant since, String image, Mounter.Mounted mount, Double millis, String trigger)
      implements ImageState {
    /** The same mount, found in place again; its age and its cause stay. */
    Mounted confirmed(Mounter.Request request, Mounter.Mounted found) {
      return new Mounted(
          since,
          found.isCurrent() ? request.file() : image,
          mount.warn(found.warning(), found.detail()),
          millis,
          trigger);
    }

    Mounted warn(MountWarning kind, String detail) {
      return new Mounted(since, image, mount.warn(kind, detail), millis, trigger);
    }

    boolean isSameWarning(Mounted other) {
      return mount.warning() == other.mount.warning()
          && Optional.ofNullable(mount.detail()).equals(Optional.ofNullable(other.mount.detail()));
    }

    @Override
    public Optional<String> file() {
      return Optional.of(image);
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      String content = mount.generation() == null ? null : mount.generation().text();
      return row.mounted(since, mount.device(), millis, trigger, content)
          .warning(mount.warning(), mount.detail());
    }
  }

  /**
   * The last attempt failed.
   *
   * @param since when this state was entered
   * @param reason why, and what happens next
   * @param retryAt accesses before this time do not retry
   */
  record Failed(Instant since, String reason, Instant retryAt) implements ImageState {
    static Failed of(MountFailure failure, Duration pause) {
      Instant now = Instant.now();
      String seconds = String.format(Locale.ROOT, "%.1f", pause.toMillis() / 1000.0);
      return new Failed(
          now,
          failure.getMessage() + "; retries on the first access after " + seconds + " s",
          now.plus(pause));
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.FAILED, since, reason).retryAt(retryAt);
    }
  }

  /**
   * The image is bad or does not fit its directory, which stays in use until the image file or, if
   * that is the cause, the directory changes.
   *
   * @param since when this state was entered
   * @param generation the content that is bad; empty if the file could not be read
   * @param covered the directory that it does not fit; empty if it is bad on any directory
   * @param reason why, and what happens next
   */
  record Quarantined(
      Instant since,
      Optional<Mounter.Generation> generation,
      Optional<Mounter.Covered> covered,
      String reason)
      implements ImageState {
    static Quarantined of(MountFailure failure) {
      String next =
          failure.covered().isPresent()
              ? "; retries when the image file or the directory changes"
              : "; retries when the image file changes";
      return new Quarantined(
          Instant.now(), failure.generation(), failure.covered(), failure.getMessage() + next);
    }

    /** Whether nothing has changed of what made the image bad. */
    boolean isUnchanged(
        Optional<Mounter.Generation> generationNow, Optional<Mounter.Covered> coveredNow) {
      return generation.equals(generationNow) && (covered.isEmpty() || covered.equals(coveredNow));
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.QUARANTINED, since, reason);
    }
  }

  /**
   * Nothing is mounted, and no access mounts it, until the hold ends.
   *
   * @param since when the hold began
   * @param reason why, and when it ends
   * @param until when it ends; empty until it is released
   */
  record Held(Instant since, String reason, Optional<Instant> until) implements ImageState {
    static Held by(Hold hold) {
      return new Held(hold.since(), hold.reason(), hold.until());
    }

    @Override
    public MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.HELD, since, reason).retryAt(until.orElse(null));
    }
  }

  /**
   * The call in progress has exceeded mount.timeout, whatever state the image is in. Operators see
   * it as state {@code stuck}.
   *
   * @param since when it was first seen to be late for this cause
   * @param cause what it waits for
   * @param reason the cause in words, and what happens meanwhile
   */
  record Late(Instant since, Cause cause, String reason) {
    enum Cause {
      /** The call runs on a mount thread, and the storage does not respond. */
      STORAGE,
      /** The call waits for a mount thread. */
      THREADS,
      /** Another process holds the lock of this image. */
      LOCK
    }

    static Late of(Cause cause, String timeout, ImageState state) {
      String what =
          switch (cause) {
            case STORAGE -> "storage has not responded for " + timeout;
            case THREADS ->
                "no mount thread has been free for " + timeout + ", because other mounts hang";
            case LOCK -> "another process has held the lock of this image for " + timeout;
          };
      String meanwhile =
          state instanceof Mounted
              ? "The mounted image stays in place"
              : "Reads are served from the original directory";
      return new Late(Instant.now(), cause, what + "; still waiting. " + meanwhile);
    }

    MountStatus.Builder describe(MountStatus.Builder row) {
      return row.state(MountState.STUCK, since, reason);
    }
  }
}
