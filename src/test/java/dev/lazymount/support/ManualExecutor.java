package dev.lazymount.support;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** Runs nothing until told to: work that a test leaves here is work that hangs. */
public final class ManualExecutor implements Executor {
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  @Override
  public void execute(Runnable work) {
    waiting.addLast(work);
  }

  /** How much work waits. */
  public int waiting() {
    return waiting.size();
  }

  /** Does the oldest piece of work. */
  public void runOne() {
    waiting.removeFirst().run();
  }

  /** Does all that waits, and what comes of it, oldest first. */
  public void runAll() {
    while (!waiting.isEmpty()) {
      runOne();
    }
  }
}
