package dev.lazymount.control;

import java.io.IOException;

/** No daemon runs with this run directory: the socket is missing, or refuses connections. */
public final class NotRunning extends IOException {
  private static final long serialVersionUID = 1L;

  NotRunning(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
