package dev.lazymount.linux;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A look at something that may hang in the kernel for ever, as a file server that is down does:
 * nothing can interrupt it, so it has a thread of its own, which is left behind if it does.
 */
public final class TimedCall {
  private TimedCall() {}

  /**
   * Looks, and waits for it at most so long.
   *
   * @param name of the thread, which keeps no process from ending
   * @param patience how long
   * @param look looks; may hang
   * @throws TimeoutException if it took longer; it goes on all the same
   * @throws ExecutionException with what it threw
   */
  public static <T> T run(String name, Duration patience, Callable<T> look)
      throws TimeoutException, ExecutionException, InterruptedException {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread looker =
        new Thread(
            () -> {
              try {
                answer.complete(look.call());
              } catch (Exception | LinkageError e) {
                answer.completeExceptionally(e);
              }
            },
            name);
    looker.setDaemon(true);
    looker.start();
    return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
