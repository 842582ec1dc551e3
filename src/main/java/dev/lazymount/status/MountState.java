package dev.lazymount.status;

import java.util.Locale;

/** The states of one image in use, as status shows them. */
public enum MountState {
  /** Nothing is mounted; the next access mounts. */
  UNMOUNTED,
  /** A mount is in progress. */
  MOUNTING,
  /** The image is mounted. */
  MOUNTED,
  /** The last attempt failed; the first access after the back-off retries. */
  FAILED,
  /** The image is bad; the first access after its file has changed retries. */
  QUARANTINED,
  /** An operator holds it, or its directory was written to: nothing is mounted over it. */
  HELD,
  /** A call has been running for longer than mount.timeout; it may still return. */
  STUCK;

  /** In lower case, as status shows it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
