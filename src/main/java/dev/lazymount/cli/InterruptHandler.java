package dev.lazymount.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C (SIGINT), or SIGTERM, while a command runs: what is begun is finished, and then the
 * process ends with exit code 1. Closed by a command that has come to its end.
 */
final class InterruptHandler implements AutoCloseable {
  /** A mount that hangs can't be broken off; nobody waits longer for it. */
  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean said;
  private volatile boolean patient;

  /**
   * From now on.
   *
   * @param cut says how far the command came, when it does not get to say that itself
   */
  InterruptHandler(Runnable cut) {
    hook =
        new Thread(
            () -> {
              said = true;
              if (!patient || !isOver()) {
                cut.run();
              }
              Runtime.getRuntime().halt(Main.FAILED);
            },
            "interrupted");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** From now on the command is waited for: it looks whether it is interrupted. */
  void waitForCommand() {
    patient = true;
  }

  /** Whether nothing more is to be begun. */
  boolean isSaid() {
    return said;
  }

  private boolean isOver() {
    try {
      return over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
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
      // The hook ends the process.
    }
  }
}
