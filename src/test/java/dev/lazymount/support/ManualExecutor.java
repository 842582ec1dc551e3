package dev.lazymount.support;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** An executor that runs tasks when the test says so; a task that is not run stands for a hang. */
public final class ManualExecutor implements Executor {
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  @Override
  public void execute(Runnable work) {
    waiting.addLast(work);
  }

  /** The number of waiting tasks. */
  public int waiting() {
    return waiting.size();
  }

  /** Runs the oldest task. */
  public void runOne() {
    waiting.removeFirst().run();
  }

  /** Runs all tasks, oldest first, and those that they add. */
  public void runAll() {
    while (!waiting.isEmpty()) {
      runOne();
    }
  }
}
