package dev.lazymount.status;

import java.util.Locale;

/** The states of one image in use. */
public enum MountState {
  /** Nothing is mounted; the next access mounts. */
  UNMOUNTED,
  /** A mount is under way. */
  MOUNTING,
  /** The image is mounted. */
  MOUNTED,
  /** The last attempt failed; an access after the back-off tries again. */
  FAILED,
  /** The image is bad; it is tried again when the file has changed. */
  QUARANTINED,
  /** A mount takes longer than mount.timeout; it may still come back. */
  STUCK;

  /** Whether it is said to be not mounted, and nothing is under way. */
  public boolean isOut() {
    return this == UNMOUNTED || this == FAILED || this == QUARANTINED;
  }

  /** In lower case, as status shows it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
