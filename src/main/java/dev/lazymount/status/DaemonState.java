package dev.lazymount.status;

import java.util.Locale;

/** The life cycle of the daemon. */
public enum DaemonState {
  /** No canary has come back yet. */
  STARTING,
  /** Canaries come back: accesses are traced. */
  READY,
  /** It was ready, and the trace does not work now; mounted images stay mounted. */
  DEGRADED,
  /** The daemon is shutting down; mounted images stay mounted. */
  STOPPING;

  /** Whether the daemon was ready and is not shutting down. */
  public boolean runs() {
    return this == READY || this == DEGRADED;
  }

  /** The name in lower case, as {@code status} prints it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
