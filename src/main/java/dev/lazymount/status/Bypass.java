package dev.lazymount.status;

import java.time.Instant;

/**
 * A process reads the original directory of an image that is mounted over it.
 *
 * @param name the image
 * @param pid one of these processes: the newest of which the cause is known, else the newest
 * @param comm its name, printable
 * @param cause why it does not read the image
 * @param since the first such access
 * @param lastSeen the newest
 * @param accesses how many there were
 */
public record Bypass(
    String name,
    int pid,
    String comm,
    Cause cause,
    Instant since,
    Instant lastSeen,
    long accesses) {

  /** Why a process does not read the mounted image. */
  public enum Cause {
    /** The mount did not propagate to it. */
    NO_MOUNT("its mount namespace does not have the mount"),
    /** It has the mount, and reads the directory below it. */
    BELOW_MOUNT(
        "its mount namespace has the mount; it reads the original through a directory that it has"
            + " had open since before the mount, or through another bind mount"),
    /** The process ended before it was examined. */
    UNKNOWN(
        "it ended before it could be examined; probably its mount namespace does not have the"
            + " mount, or it had had the directory open since before the mount");

    private final String text;

    Cause(String text) {
      this.text = text;
    }

    /** As in a sentence about the process. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** The process, fit for a log line: {@code cc1plus[4711]}. */
  public String process() {
    return comm + "[" + pid + "]";
  }
}
