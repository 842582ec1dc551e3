package dev.lazymount.control;

import java.io.IOException;

/** No daemon has this run directory: nobody made the socket, or nobody accepts on it any more. */
public final class NotRunning extends IOException {
  private static final long serialVersionUID = 1L;

  NotRunning(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
