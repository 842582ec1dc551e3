package dev.lazymount.status;

import java.util.Locale;

/** The life cycle of the daemon. */
public enum DaemonState {
  /** The trace was not seen working yet. */
  STARTING,
  /** The canary comes back. */
  READY,
  /** It was ready, and something is wrong now; what was mounted stays mounted. */
  DEGRADED,
  /** It is ending; mounts stay as they are. */
  STOPPING;

  /** Whether it does its work, well or not so well: it was ready, and is not ending. */
  public boolean runs() {
    return this == READY || this == DEGRADED;
  }

  /** In lower case, as status shows it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
