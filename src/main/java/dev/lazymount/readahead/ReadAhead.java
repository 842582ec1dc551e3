package dev.lazymount.readahead;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.SmallFile;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.linux.ThreadPriority;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread of low priority that reads the used files of an image after its mount, and lists them
 * while there is nothing to read. Images that are mounted for an access are read first.
 *
 * <p>It gives way: it waits while an image is being mounted, and stops when memory is short, when
 * the storage hangs, and when the image is unmounted or swapped. It holds no mount ({@link
 * MountedTree}). The trace does not report its opens, as it reports none of the daemon's.
 *
 * <p>Where the storage hangs it hangs too, and everything else goes on.
 */
public final class ReadAhead implements AutoCloseable {
  /**
   * What it works with.
   *
   * @param settings how much to read, and how fast
   * @param root the root's path
   * @param status which images are mounted; receives the counters
   * @param store the lists of this host
   * @param seed a file with lists of other hosts, for images that have none here; empty for none
   * @param memory how short memory is
   * @param nanoTime the clock, in nanoseconds, as System.nanoTime()
   * @param log one line for each image
   */
  record Env(
      Settings.ReadAhead settings,
      String root,
      DaemonStatus status,
      FileListStore store,
      Optional<Path> seed,
      Memory memory,
      LongSupplier nanoTime,
      Logger log) {}

  /** The source of {@link MemoryState}. */
  interface Memory {
    MemoryState now() throws IOException;
  }

  /**
   * Low enough for a compile to have the CPU, and not the lowest: a compile that needs a block
   * which this thread is reading waits for it.
   */
  private static final int NICE = 5;

  /** How often it looks for something that it has to give way to. */
  private static final long CHECK_NANOS = Duration.ofMillis(20).toNanos();

  /** How often it looks for an image whose files are to be listed. */
  private static final Duration LEARN = Duration.ofSeconds(5);

  private static final int MAX_SEED_BYTES = 4 << 20;

  private record Job(MountStatus row, Reading reading, long most, long start) {}

  private final Env env;
  private final Learner learner;
  private final Thread thread = new Thread(this::run, "readahead");

  /** The mounts that are known, by image name. */
  private final Map<String, String> devices = new ConcurrentHashMap<>();

  /** Mounts to read: those that are in use, and the others. */
  private final Deque<MountStatus> urgent = new ArrayDeque<>();

  private final Deque<MountStatus> others = new ArrayDeque<>();

  /** Something was added to one of them. */
  private final Semaphore work = new Semaphore(0);

  /** The one in progress, and behind it one that was interrupted for it. */
  private final Deque<Job> jobs = new ArrayDeque<>();

  private final byte[] block = new byte[FileList.BLOCK];
  private final Map<String, Long> read = new HashMap<>();
  private volatile Map<String, String> seed = Map.of();
  private volatile boolean ended;

  /** Whether an image was being mounted at the last check. */
  private boolean mounting;

  private long checkAt;
  private final AtomicInteger checks = new AtomicInteger();
  private long pacedUntil;

  ReadAhead(Env env) {
    this.env = env;
    this.learner = new Learner(env);
    this.checkAt = env.nanoTime().getAsLong();
    this.pacedUntil = checkAt;
    thread.setDaemon(true);
  }

  /** Starts it; call it before images are mounted. */
  public static ReadAhead start(Settings settings, DaemonStatus status) {
    Logger log = LoggerFactory.getLogger(ReadAhead.class);
    FileListStore store =
        new FileListStore(settings.stateDir(), problem -> log.warn("read-ahead: {}", problem));
    return start(
        new Env(
            settings.readAhead(),
            settings.root().toString(),
            status,
            store,
            settings.warm().seed(),
            MemoryState::read,
            System::nanoTime,
            log));
  }

  static ReadAhead start(Env env) {
    ReadAhead readAhead = new ReadAhead(env);
    env.status().mounts().listener(readAhead::onRow);
    env.seed().ifPresent(readAhead::startReadingSeed);
    readAhead.thread.start();
    return readAhead;
  }

  /** Its storage may hang for ever, so it has a thread of its own. */
  private void startReadingSeed(Path path) {
    Thread reader =
        new Thread(
            () -> {
              try {
                seed = FileList.split(SmallFile.read(path, MAX_SEED_BYTES));
              } catch (IOException e) {
                // The warm list reports it.
                env.log().debug("read-ahead: can't read {}: {}", path, e.toString());
              }
            },
            "readahead-seed");
    reader.setDaemon(true);
    reader.start();
  }

  // ---- On the threads of others.

  private void onRow(MountStatus row) {
    if (!row.mounted() || row.device() == null) {
      devices.remove(row.name());
    } else if (!Objects.equals(devices.put(row.name(), row.device()), row.device())) {
      // One that was adopted has been read, or was used, before.
      if (row.mountMillis() != null && !env.status().observes()) {
        add(row);
      }
    }
  }

  private synchronized void add(MountStatus row) {
    (isUrgent(row) ? urgent : others).add(row);
    work.release();
  }

  private static boolean isUrgent(MountStatus row) {
    return row.lastAccess() != null;
  }

  private synchronized boolean hasWork() {
    return ended || !urgent.isEmpty() || !others.isEmpty();
  }

  /** The mount to begin with now; empty if there is none, or the one in progress comes first. */
  private synchronized Optional<MountStatus> take() {
    if (!jobs.isEmpty() && (isUrgent(jobs.peek().row()) || urgent.isEmpty())) {
      return Optional.empty();
    }
    return Optional.ofNullable(urgent.isEmpty() ? others.poll() : urgent.poll());
  }

  // ---- On its own thread.

  private void run() {
    try {
      ThreadPriority.lower(NICE);
      while (!ended) {
        readOrLearn();
      }
    } catch (SyscallException e) {
      env.log().warn("read-ahead: off, because it can't lower its priority: {}", e.getMessage());
      env.status().mounts().listener(row -> {});
    } catch (InterruptedException e) {
      // Closed.
    } catch (RuntimeException | LinkageError e) {
      env.log().error("read-ahead: off after an internal error", e);
      env.status().mounts().listener(row -> {});
    } finally {
      jobs.forEach(job -> job.reading().close());
    }
  }

  private void readOrLearn() throws InterruptedException {
    for (Optional<MountStatus> row = take(); row.isPresent(); row = take()) {
      begin(row.get());
    }
    if (!jobs.isEmpty()) {
      step(jobs.peek());
      return;
    }
    if (problem().isEmpty() && !isMounting()) {
      learner.look(this::hasWork);
    }
    if (work.tryAcquire(learnInterval().toMillis(), TimeUnit.MILLISECONDS)) {
      work.drainPermits();
    }
  }

  private Duration learnInterval() {
    Duration after = env.settings().learnAfter();
    return after.compareTo(LEARN) < 0 ? after : LEARN;
  }

  private void begin(MountStatus row) {
    if (!isStillMounted(row)) {
      return;
    }
    Optional<FileList> list =
        env.store().read(row.name()).filter(l -> isFor(l, row)).or(() -> seeded(row));
    if (list.isEmpty()) {
      return;
    }
    Reading reading =
        new Reading(list.get(), () -> MountedTree.open(env.root(), row.name(), row.device()));
    read.keySet().retainAll(devices.keySet());
    read.remove(row.name());
    Job job = new Job(row, reading, allowed(), env.nanoTime().getAsLong());
    if (!jobs.isEmpty()) {
      jobs.peek().reading().close();
    }
    jobs.addFirst(job);
  }

  private boolean isStillMounted(MountStatus row) {
    return row.device().equals(devices.get(row.name()));
  }

  private static boolean isFor(FileList list, MountStatus row) {
    return list.name().equals(row.name()) && list.generation().equals(row.generation());
  }

  private Optional<FileList> seeded(MountStatus row) {
    String text = seed.get(row.name());
    try {
      return text == null
          ? Optional.empty()
          : FileList.parse(text).stream().filter(l -> isFor(l, row)).findFirst();
    } catch (FileList.Damaged e) {
      env.log().warn("read-ahead: skipped {} of the seed: {}", row.name(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The most bytes for one more image. */
  private long allowed() {
    long memory = env.settings().memory();
    long used = read.values().stream().mapToLong(Long::longValue).sum();
    try {
      return Math.min(Math.min(memory / 2, memory - used), env.memory().now().share());
    } catch (IOException e) {
      // Reported when it is read again.
      return memory / 2;
    }
  }

  private void step(Job job) throws InterruptedException {
    long now = env.nanoTime().getAsLong();
    if (now - pacedUntil < 0) {
      sleep(pacedUntil - now);
    }
    Optional<String> stop = whyStop(job);
    if (stop.isEmpty() && mounting) {
      sleep(CHECK_NANOS);
      return;
    }
    try {
      int bytes = stop.isEmpty() ? job.reading().step(block) : -1;
      if (bytes < 0) {
        end(job, stop);
      } else {
        env.status().counters().readAheadBytes.add(bytes);
        read.merge(job.row().name(), (long) bytes, Long::sum);
        long from = Math.max(pacedUntil, env.nanoTime().getAsLong() - CHECK_NANOS);
        pacedUntil = from + bytes * 1_000_000_000L / env.settings().io();
      }
    } catch (SyscallException e) {
      end(job, Optional.of(e.getMessage()));
    }
  }

  private static void sleep(long nanos) throws InterruptedException {
    Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
  }

  private Optional<String> whyStop(Job job) {
    if (!isStillMounted(job.row())) {
      return Optional.of("it was unmounted or swapped");
    }
    if (job.reading().bytes() >= job.most()) {
      return Optional.of("readahead.memory is used up");
    }
    long now = env.nanoTime().getAsLong();
    if (now - checkAt < 0) {
      return Optional.empty();
    }
    checkAt = now + CHECK_NANOS;
    checks.incrementAndGet();
    mounting = isMounting();
    return problem();
  }

  private Optional<String> problem() {
    if (env.status().observes()) {
      return Optional.of("the mode is observe");
    }
    if (env.status().storageProblem() != null) {
      return Optional.of("the image storage does not respond");
    }
    try {
      return env.memory().now().problem();
    } catch (IOException e) {
      return Optional.of("can't read how much memory is available: " + e.getMessage());
    }
  }

  private boolean isMounting() {
    return env.status().mounts().count().get(MountState.MOUNTING) > 0;
  }

  private void end(Job job, Optional<String> stopped) {
    jobs.remove(job);
    job.reading().close();
    env.status().counters().readAheadImages.increment();
    stopped.ifPresent(why -> env.status().counters().readAheadStopped.increment());
    env.log()
        .info(
            "{}: read {} files ahead, {} MB in {} s{}",
            job.row().name(),
            job.reading().files(),
            String.format(Locale.ROOT, "%.1f", job.reading().bytes() / 1e6),
            String.format(Locale.ROOT, "%.2f", (env.nanoTime().getAsLong() - job.start()) / 1e9),
            stopped.map(why -> "; stopped: " + why).orElse(""));
  }

  /** How often it has looked for something to give way to. */
  int checks() {
    return checks.get();
  }

  /** Stops it; returns at once. A read in progress ends with the storage's response. */
  @Override
  public void close() {
    env.status().mounts().listener(row -> {});
    ended = true;
    thread.interrupt();
  }
}
