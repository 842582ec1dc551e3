package dev.lazymount.mount;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Notices that the image storage does not answer: each mount that hangs holds one of the slots, and
 * with all of them held the circuit is open, which means that nothing more is tried until one comes
 * back. Thread-safe.
 */
public final class StorageCircuit {
  private final int slots;
  private final Consumer<Boolean> onChange;
  private final List<Runnable> whenClosed = new ArrayList<>();
  private int hanging;

  /**
   * A closed circuit.
   *
   * @param slots how many mounts can be under way at once
   * @param onChange is told when it opens (true) and closes (false), in this order, on any thread;
   *     must not block
   */
  public StorageCircuit(int slots, Consumer<Boolean> onChange) {
    this.slots = slots;
    this.onChange = onChange;
  }

  /** Whether all slots hang. */
  public synchronized boolean isOpen() {
    return hanging >= slots;
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

  /** A mount has got a slot and not answered in time. */
  synchronized void hangs() {
    hanging++;
    if (hanging == slots) {
      onChange.accept(true);
    }
  }

  /** One that hung has answered after all. */
  void answers() {
    List<Runnable> actions = List.of();
    synchronized (this) {
      if (hanging == slots) {
        actions = List.copyOf(whenClosed);
        whenClosed.clear();
        onChange.accept(false);
      }
      hanging--;
    }
    actions.forEach(Runnable::run);
  }
}
