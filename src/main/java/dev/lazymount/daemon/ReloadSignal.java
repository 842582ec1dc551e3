package dev.lazymount.daemon;

import dev.lazymount.linux.Signals;

/**
 * SIGHUP, from the first moment of a start on: its default action would end the process. A signal
 * that comes before the daemon can reload is remembered, because the settings may have been read
 * before they were changed. Thread-safe.
 */
final class ReloadSignal {
  private Runnable reload;
  private boolean pending;

  /** Handles SIGHUP from now on. */
  static ReloadSignal install() {
    ReloadSignal signal = new ReloadSignal();
    Signals.onHangup(signal::received);
    return signal;
  }

  /**
   * What to do with a signal, on the thread that the JVM makes for it; at once if one is pending.
   */
  void connect(Runnable action) {
    boolean now;
    synchronized (this) {
      reload = action;
      now = pending;
      pending = false;
    }
    if (now) {
      action.run();
    }
  }

  /** A signal has come. */
  void received() {
    Runnable action;
    synchronized (this) {
      action = reload;
      pending = action == null;
    }
    if (action != null) {
      action.run();
    }
  }
}
