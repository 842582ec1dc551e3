package dev.lazymount.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Handles SIGINT (Ctrl-C) and SIGTERM during a command: the command finishes what it has started,
 * and the process exits with code 1. A command that ends by itself closes the handler.
 */
final class InterruptHandler implements AutoCloseable {
  /** A mount that hangs can't be cancelled, so the process exits after this time. */
  private static final int TIMEOUT_SECONDS = 10;

  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean requested;
  private volatile boolean waiting;

  /**
   * Starts to handle signals.
   *
   * @param report prints the result so far, where the command does not do so itself
   */
  InterruptHandler(Runnable report) {
    hook =
        new Thread(
            () -> {
              requested = true;
              if (!waiting || !isOver()) {
                report.run();
              }
              Runtime.getRuntime().halt(Main.FAILED);
            },
            "interrupted");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** From now on, waits for the command to end: it checks {@link #isRequested}. */
  void waitForCommand() {
    waiting = true;
  }

  /** Whether the command must not start anything more. */
  boolean isRequested() {
    return requested;
  }

  private boolean isOver() {
    try {
      return over.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void close() {
    over.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException interrupted) {
      // The JVM is shutting down: the hook ends the process.
    }
  }
}
