package dev.lazymount.status;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** All that status shows, in one place: written by the actors, read by anybody. Thread-safe. */
public final class DaemonStatus {
  private final AtomicReference<DaemonState> state = new AtomicReference<>(DaemonState.STARTING);
  private final CountDownLatch started = new CountDownLatch(1);
  private final AtomicReference<TraceStatus> trace =
      new AtomicReference<>(TraceStatus.notStarted(ProgramName.NONE));
  private volatile Settings.Mode mode = Settings.Mode.MOUNT;
  private volatile int imagesKnown;
  private volatile int deepestName;
  private volatile int longestComponent;
  private volatile String catalogProblem;
  private volatile String storageProblem;
  private volatile List<LingeringImage> lingering = List.of();
  private final Counters counters = new Counters();
  private final MountBoard mounts = new MountBoard();

  /** The life cycle. */
  public DaemonState state() {
    return state.get();
  }

  /** Sets the life cycle; what is stopping stays so. */
  public void state(DaemonState now) {
    state.updateAndGet(was -> was == DaemonState.STOPPING ? was : now);
    if (now != DaemonState.STARTING) {
      started.countDown();
    }
  }

  /**
   * Waits until it is ready for the first time, or stopping, and at most for so long.
   *
   * @return whether it is
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitStart(Duration most) throws InterruptedException {
    return started.await(most.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** What is done with an access now. */
  public Settings.Mode mode() {
    return mode;
  }

  /** Sets what is done with an access: once before the Router begins, and then by the Router. */
  public void mode(Settings.Mode now) {
    mode = now;
  }

  /** Whether nothing is mounted and nothing unmounted now. */
  public boolean observes() {
    return mode == Settings.Mode.OBSERVE;
  }

  /** The trace. */
  public TraceStatus trace() {
    return trace.get();
  }

  /** Sets how the trace is. */
  public void trace(TraceStatus now) {
    trace.set(now);
  }

  /** How many images the newest scan found. */
  public int imagesKnown() {
    return imagesKnown;
  }

  /** How many components the deepest name has; 0 before the first scan. */
  public int deepestName() {
    return deepestName;
  }

  /** How many bytes the longest component of a name has; 0 before the first scan. */
  public int longestComponent() {
    return longestComponent;
  }

  /** What was wrong with the newest scan; null if nothing was. */
  public String catalogProblem() {
    return catalogProblem;
  }

  /** What is wrong with the image storage; null if nothing is known to be. */
  public String storageProblem() {
    return storageProblem;
  }

  /** Sets what is wrong with the image storage. */
  public void storage(String problem) {
    storageProblem = problem;
  }

  /** Images that were detached and are still held, by image. */
  public List<LingeringImage> lingering() {
    return lingering;
  }

  /** Sets which images linger. */
  public void lingering(List<LingeringImage> now) {
    lingering = List.copyOf(now);
  }

  /** Sets what the newest scan found. */
  public void catalog(int known, int deepest, int longest, String problem) {
    deepestName = deepest;
    longestComponent = longest;
    imagesKnown = known;
    catalogProblem = problem;
  }

  /** The counters. */
  public Counters counters() {
    return counters;
  }

  /** An access leads to the image of this name; counted if it is the original that served it. */
  public void accessed(String name) {
    boolean mounted =
        mounts.get(name).filter(line -> line.state() == MountState.MOUNTED).isPresent();
    if (!mounted) {
      counters.servedByOriginal.increment();
    }
  }

  /** The images in use. */
  public MountBoard mounts() {
    return mounts;
  }
}
