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

/** Works through layers of names, a limited number at a time, and reports progress. */
final class Batch {
  /** What is done to one image. */
  @FunctionalInterface
  interface Work {
    /** Begins it; returns at once. */
    CompletionStage<MountResult> begin(String name);
  }

  /** Gets the progress. */
  @FunctionalInterface
  interface Listener {
    /**
     * One more name is finished, or none has been for a while.
     *
     * @throws IOException if the other end is closed
     */
    void report(Progress progress) throws IOException;
  }

  /** Progress is reported at least this often, well within the time-out of the control socket. */
  static final Duration SILENCE = Duration.ofSeconds(2);

  /** An image that is not used for this long counts as idle for {@code unmount --idle}. */
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
   * @param window the most names under way at once
   * @param work what is done with each
   * @param stopped whether to start no more; what was started is waited for
   * @param listener gets the progress, on the caller's thread
   */
  Batch(int window, Work work, BooleanSupplier stopped, Listener listener) {
    this.window = window;
    this.work = work;
    this.stopped = stopped;
    this.listener = listener;
  }

  /**
   * Does all of it, or what was started before it was stopped. Blocks.
   *
   * @param layers a layer is finished before the next one is started
   * @return the final progress
   * @throws IOException if the listener's other end is closed; no more is started then
   */
  Progress run(List<List<String>> layers) throws IOException, InterruptedException {
    progress = progress.of(layers.stream().mapToInt(List::size).sum());
    for (List<String> layer : layers) {
      run(layer, settled -> false);
    }
    return progress.waiting();
  }

  /**
   * The same, but names that are busy at first are tried once more after {@link #IDLE}: the kernel
   * distinguishes what was used in between from what was not. Layer by layer, because to unmount a
   * nested image is a use of the image around it.
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
      listener.report(progress);
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
