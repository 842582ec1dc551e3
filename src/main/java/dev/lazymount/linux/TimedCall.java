package dev.lazymount.linux;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a call that may hang in the kernel for ever, as one to a file server that is down. Nothing
 * can interrupt such a call, so it runs on a thread of its own, which is abandoned at the time-out.
 */
public final class TimedCall {
  private TimedCall() {}

  /**
   * Runs the call and waits for its result.
   *
   * @param name the name of its thread, a daemon thread
   * @param timeout how long to wait
   * @param call may hang
   * @throws TimeoutException if it took longer; it continues in the background
   * @throws ExecutionException with the exception of the call as its cause
   */
  public static <T> T run(String name, Duration timeout, Callable<T> call)
      throws TimeoutException, ExecutionException, InterruptedException {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                answer.complete(call.call());
              } catch (Exception | LinkageError e) {
                answer.completeExceptionally(e);
              }
            },
            name);
    caller.setDaemon(true);
    caller.start();
    return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
