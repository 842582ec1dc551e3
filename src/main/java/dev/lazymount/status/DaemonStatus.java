package dev.lazymount.status;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The state of the daemon: actors write it, status and metrics read it. Thread-safe. */
public final class DaemonStatus {
  private final AtomicReference<DaemonState> state = new AtomicReference<>(DaemonState.STARTING);
  private final CountDownLatch started = new CountDownLatch(1);
  private final AtomicReference<TraceStatus> trace =
      new AtomicReference<>(TraceStatus.notStarted(ProgramName.NONE));
  private volatile Settings.Mode mode = Settings.Mode.MOUNT;
  private volatile Duration useInterval = Duration.ZERO;
  private volatile int imagesKnown;
  private volatile int deepestName;
  private volatile int longestComponent;
  private volatile String catalogProblem;
  private volatile String storageProblem;
  private volatile List<LingeringImage> lingering = List.of();
  private volatile List<String> waitingFor = List.of();
  private final Counters counters = new Counters();
  private final MountBoard mounts = new MountBoard();
  private final ScannerBoard scanners = new ScannerBoard();
  private final BypassBoard bypasses = new BypassBoard();

  /** The state of the life cycle. */
  public DaemonState state() {
    return state.get();
  }

  /** Sets the state of the life cycle; STOPPING is final. */
  public void state(DaemonState now) {
    state.updateAndGet(was -> was == DaemonState.STOPPING ? was : now);
    if (now != DaemonState.STARTING) {
      started.countDown();
    }
  }

  /**
   * Waits until the daemon is ready for the first time, or is stopping.
   *
   * @param most the longest wait
   * @return false if it is still starting
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitStart(Duration most) throws InterruptedException {
    return started.await(most.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** The current mode. */
  public Settings.Mode mode() {
    return mode;
  }

  /** Sets the mode: once before the Router starts, afterwards by the Router. */
  public void mode(Settings.Mode now) {
    mode = now;
  }

  /** Whether the mode is observe: nothing is mounted or unmounted. */
  public boolean observes() {
    return mode == Settings.Mode.OBSERVE;
  }

  /** The state of the trace. */
  public TraceStatus trace() {
    return trace.get();
  }

  /** Sets the state of the trace. */
  public void trace(TraceStatus now) {
    trace.set(now);
  }

  /** The longest time between two reports of an image in use, by a program that reports them. */
  public Duration useInterval() {
    return useInterval;
  }

  /** Sets the time between two reports of an image in use. */
  public void useInterval(Duration time) {
    useInterval = time;
  }

  /** The number of images that the newest scan found. */
  public int imagesKnown() {
    return imagesKnown;
  }

  /** The number of components of the deepest image name; 0 before the first scan. */
  public int deepestName() {
    return deepestName;
  }

  /** The length of the longest component of an image name, bytes; 0 before the first scan. */
  public int longestComponent() {
    return longestComponent;
  }

  /** What is wrong with the newest scan; null if nothing is. */
  public String catalogProblem() {
    return catalogProblem;
  }

  /** What is wrong with the image storage; null if it responds. */
  public String storageProblem() {
    return storageProblem;
  }

  /** Sets what is wrong with the image storage. */
  public void storage(String problem) {
    storageProblem = problem;
  }

  /** Unmounted images that are still in use. */
  public List<LingeringImage> lingering() {
    return lingering;
  }

  /** Adds an image that was unmounted just now and is still in use. */
  public synchronized void lingers(LingeringImage image) {
    List<LingeringImage> all = new ArrayList<>(lingering);
    all.removeIf(known -> known.device().equals(image.device()));
    all.add(image);
    lingering = List.copyOf(all);
  }

  /** Sets the unmounted images that are still in use. */
  public synchronized void lingering(List<LingeringImage> now) {
    lingering = List.copyOf(now);
  }

  /** The directories that are missing and awaited, each with the reason; mostly empty. */
  public List<String> waitingFor() {
    return waitingFor;
  }

  /** Sets the directories that are awaited. */
  public void waitingFor(List<String> now) {
    waitingFor = List.copyOf(now);
  }

  /**
   * Sets the result of the newest scan.
   *
   * @param known the number of images
   * @param deepest the number of components of the deepest name
   * @param longest the length of the longest component, bytes
   * @param problem what is wrong; null if nothing is
   */
  public void catalog(int known, int deepest, int longest, String problem) {
    deepestName = deepest;
    longestComponent = longest;
    imagesKnown = known;
    catalogProblem = problem;
  }

  /** Processes that walk the tree now, those known for longest first; at most ten. */
  public List<Scanner> scanners() {
    return scanners.active(Instant.now());
  }

  /** Shows a process that walks the tree, or its newest figures. */
  public void scanner(Scanner scanner) {
    scanners.put(scanner);
  }

  /** The mounted images whose original directories are still read. */
  public BypassBoard bypasses() {
    return bypasses;
  }

  /** The counters. */
  public Counters counters() {
    return counters;
  }

  /** Counts an access to this image, if the original directory served it. */
  public void accessed(String name) {
    boolean mounted = mounts.get(name).filter(MountStatus::mounted).isPresent();
    if (!mounted) {
      counters.servedByOriginal.increment();
    }
  }

  /** The images in use. */
  public MountBoard mounts() {
    return mounts;
  }
}
