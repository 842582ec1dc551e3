package dev.lazymount.batch;

import dev.lazymount.mount.MountResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Works through layers of names, so many at a time, and tells how far it has come. */
final class Batch {
  /** What is done to one image. */
  @FunctionalInterface
  interface Work {
    /** Begins it; returns at once. */
    CompletionStage<MountResult> begin(String name);
  }

  /** Who is told. */
  @FunctionalInterface
  interface Listener {
    /**
     * One more is over, or nothing has been for a while.
     *
     * @throws IOException if nobody listens any more
     */
    void tell(Progress progress) throws IOException;
  }

  /**
   * After so long without an outcome it is told that we wait: well within the socket's patience.
   */
  static final Duration SILENCE = Duration.ofSeconds(2);

  /** What nobody uses for so long is idle, to somebody who asks for what is idle now. */
  static final Duration IDLE = Duration.ofSeconds(1);

  private final int window;
  private final Work work;
  private final BooleanSupplier stopped;
  private final Listener listener;
  private final BlockingQueue<MountResult> outcomes = new LinkedBlockingQueue<>();
  private Progress progress = Progress.NONE;

  /**
   * A batch.
   *
   * @param window how many may be under way at once
   * @param work what is done to each
   * @param stopped whether no more is to be begun; what is begun is waited for
   * @param listener is told, on the caller's thread
   */
  Batch(int window, Work work, BooleanSupplier stopped, Listener listener) {
    this.window = window;
    this.work = work;
    this.stopped = stopped;
    this.listener = listener;
  }

  /**
   * Does all of it, or all that was begun until it was stopped. Blocks.
   *
   * @param layers all of one are over before any of the next is begun
   * @return how far it has come
   * @throws IOException if nobody listens any more; nothing is begun from then on
   */
  Progress run(List<List<String>> layers) throws IOException, InterruptedException {
    progress = progress.of(layers.stream().mapToInt(List::size).sum());
    for (List<String> layer : layers) {
      run(layer, settled -> false);
    }
    return progress.waiting();
  }

  /**
   * The same, but what is busy at first is tried once more when {@link #IDLE} has passed: the
   * kernel tells what was used in between from what was not. Layer by layer, as to unmount what
   * lies inside is a use of what it lies in.
   */
  Progress runTwice(List<List<String>> layers) throws IOException, InterruptedException {
    progress = progress.of(layers.stream().mapToInt(List::size).sum());
    for (List<String> layer : layers) {
      List<String> busy = new ArrayList<>();
      run(layer, settled -> mayBeIdle(settled) && busy.add(settled.name()));
      if (!busy.isEmpty()) {
        Thread.sleep(IDLE.toMillis());
        run(busy, settled -> false);
      }
    }
    return progress.waiting();
  }

  private static boolean mayBeIdle(MountResult settled) {
    return settled.outcome() == MountResult.Outcome.BUSY
        || settled.outcome() == MountResult.Outcome.MARKED;
  }

  private void run(List<String> layer, Predicate<MountResult> putAside)
      throws IOException, InterruptedException {
    Iterator<String> names = layer.iterator();
    fill(names);
    while (progress.underWay() > 0) {
      MountResult settled = outcomes.poll(SILENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (settled == null) {
        progress = progress.waiting();
      } else {
        progress = putAside.test(settled) ? progress.putAside() : progress.over(settled);
      }
      fill(names);
      listener.tell(progress);
    }
  }

  private void fill(Iterator<String> names) {
    while (progress.underWay() < window && names.hasNext() && !stopped.getAsBoolean()) {
      String name = names.next();
      work.begin(name)
          .whenComplete(
              (settled, thrown) ->
                  outcomes.add(
                      thrown == null ? settled : MountResult.failed(name, thrown.toString())));
      progress = progress.begun();
    }
  }
}
