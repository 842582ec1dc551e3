package dev.lazymount.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Threads that repeat an action until this is closed. A thread ends with its first failure, and
 * closing fails if there was one.
 */
public final class ConcurrentReaders implements AutoCloseable {
  /** The action. */
  @FunctionalInterface
  public interface Work {
    /**
     * Runs it once.
     *
     * @param member the number of the thread, from 0
     */
    void run(int member) throws Exception;
  }

  private final ExecutorService threads;
  private final List<Future<?>> members = new ArrayList<>();
  private final AtomicLongArray rounds;
  private volatile boolean over;

  /** Starts so many threads. */
  public ConcurrentReaders(int size, Work work) {
    threads = Executors.newFixedThreadPool(size);
    rounds = new AtomicLongArray(size);
    for (int i = 0; i < size; i++) {
      int member = i;
      members.add(
          threads.submit(
              () -> {
                while (!over) {
                  work.run(member);
                  rounds.incrementAndGet(member);
                }
                return null;
              }));
    }
  }

  /** Waits until each thread has repeated it so many times more, or has failed. */
  public void await(int more) {
    long[] then = new long[members.size()];
    for (int i = 0; i < then.length; i++) {
      then[i] = rounds.get(i);
    }
    Await.until(
        "each thread repeats it " + more + " times",
        () -> {
          for (int i = 0; i < then.length; i++) {
            if (!members.get(i).isDone() && rounds.get(i) < then[i] + more) {
              return false;
            }
          }
          return true;
        });
  }

  @Override
  public void close() {
    over = true;
    threads.shutdown();
    for (Future<?> member : members) {
      try {
        member.get();
      } catch (ExecutionException e) {
        throw new AssertionError("a thread failed", e.getCause());
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }
}
