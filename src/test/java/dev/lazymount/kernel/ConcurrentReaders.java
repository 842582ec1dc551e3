package dev.lazymount.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Threads that do the same thing over and over until this is closed; closing fails if it ever
 * failed. A thread ends with its first failure.
 */
public final class ConcurrentReaders implements AutoCloseable {
  /** What each of them does, over and over. */
  @FunctionalInterface
  public interface Work {
    /**
     * Does it once.
     *
     * @param member who, from 0
     */
    void run(int member) throws Exception;
  }

  private final ExecutorService threads;
  private final List<Future<?>> members = new ArrayList<>();
  private final AtomicLongArray rounds;
  private volatile boolean over;

  /** So many threads begin at once. */
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

  /** Waits until each has done it so many times more, or one has failed. */
  public void await(int more) {
    long[] then = new long[members.size()];
    for (int i = 0; i < then.length; i++) {
      then[i] = rounds.get(i);
    }
    Await.until(
        "each does it " + more + " times more",
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
        throw new AssertionError("one of the crowd failed", e.getCause());
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
  }
}
