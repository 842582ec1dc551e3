package dev.lazymount.mount;

import dev.lazymount.status.Access;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * A reason to keep an image unmounted for some time. An image that is mounted stays so; it is not
 * mounted again once it is unmounted.
 *
 * @param kind the kind; an image has at most one hold of each
 * @param since when it began
 * @param reason for operators: why, and when it ends
 * @param until when it ends; empty until it is released
 */
public record Hold(Kind kind, Instant since, String reason, Optional<Instant> until) {
  /** Kinds of holds, the one that is shown first first. */
  public enum Kind {
    /** An operator wants it unmounted. */
    OPERATOR,
    /** Its directory was written to: an image over it would disturb the writer. */
    WRITE
  }

  /** Its directory was written to just now. */
  public static Hold written(Access access, Duration quiet) {
    Instant now = Instant.now();
    Instant end = now.plus(quiet);
    return new Hold(
        Kind.WRITE,
        now,
        "written to by " + access.process() + "; not mounted until " + time(end),
        Optional.of(end));
  }

  /**
   * Its directory was written to, as an attempt to mount it has found: {@link MountFailure#until}.
   */
  static Hold written(MountFailure found) {
    return new Hold(Kind.WRITE, Instant.now(), found.getMessage(), found.until());
  }

  /** The time of day of this host, as in its log. */
  static String time(Instant when) {
    return when.atZone(ZoneId.systemDefault())
        .toLocalTime()
        .truncatedTo(ChronoUnit.SECONDS)
        .format(DateTimeFormatter.ISO_LOCAL_TIME);
  }
}
