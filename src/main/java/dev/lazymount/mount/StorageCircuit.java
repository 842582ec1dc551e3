package dev.lazymount.mount;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A circuit breaker for the image storage. Each call that hangs blocks one mount thread; with all
 * of them blocked the circuit opens, and nothing more is tried until one returns. Thread-safe.
 */
public final class StorageCircuit {
  private final int threads;
  private final Consumer<Boolean> onChange;
  private final List<Runnable> whenClosed = new ArrayList<>();
  private int hanging;

  /**
   * A closed circuit.
   *
   * @param threads number of mount threads
   * @param onChange called when it opens (true) and closes (false), in this order, on any thread;
   *     must not block
   */
  public StorageCircuit(int threads, Consumer<Boolean> onChange) {
    this.threads = threads;
    this.onChange = onChange;
  }

  /** Whether all mount threads are blocked. */
  public synchronized boolean isOpen() {
    return hanging >= threads;
  }

  /**
   * Runs something when the circuit closes; at once if it is closed.
   *
   * @param action runs once, on any thread; must not block
   */
  void whenClosed(Runnable action) {
    synchronized (this) {
      if (isOpen()) {
        whenClosed.add(action);
        return;
      }
    }
    action.run();
  }

  /** A call on a mount thread has not returned in time. */
  synchronized void hangs() {
    hanging++;
    if (hanging == threads) {
      onChange.accept(true);
    }
  }

  /** A call that hung has returned. */
  void answers() {
    List<Runnable> actions = List.of();
    synchronized (this) {
      if (hanging == threads) {
        actions = List.copyOf(whenClosed);
        whenClosed.clear();
        onChange.accept(false);
      }
      hanging--;
    }
    actions.forEach(Runnable::run);
  }
}
