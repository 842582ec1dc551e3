package dev.lazymount.trace;

import dev.lazymount.catalog.RootPath;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.Access;
import dev.lazymount.status.ImageUse;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.BpftraceVersion;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.HookSupport;
import dev.lazymount.trace.program.HookedProgram.Probe;
import dev.lazymount.trace.program.InstalledBpftrace;
import dev.lazymount.trace.program.PathProgram;
import dev.lazymount.trace.program.ResolvedProgram;
import dev.lazymount.trace.program.TraceProgram;
import dev.lazymount.trace.program.TracePrograms;
import dev.lazymount.trace.program.Walk;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A trace program on a real bpftrace, and all that it has reported: the daemon's launcher and
 * parser without its actors. Its canary is sent from this JVM.
 */
final class TraceRecorder implements AutoCloseable {
  /** Long enough for the deepest program on a busy machine. */
  private static final Duration START = Duration.ofSeconds(60);

  private static final AtomicInteger FENCES = new AtomicInteger();

  private final Path root;
  private final TraceProgram program;
  private final TraceProcess process;
  private final TraceParser parser;
  private final LineSplitter complaints = new LineSplitter();
  private final List<Thread> readers = new ArrayList<>();

  private final Set<String> paths = ConcurrentHashMap.newKeySet();

  /** Those of {@link #paths} that were opened for writing, and those that were used. */
  private final Map<Access.Kind, Set<String>> byKind =
      Map.of(
          Access.Kind.USE, ConcurrentHashMap.newKeySet(),
          Access.Kind.WRITE, ConcurrentHashMap.newKeySet());

  private final List<ImageUse> uses = new CopyOnWriteArrayList<>();

  /** Other output of bpftrace. */
  private final List<String> chatter = new CopyOnWriteArrayList<>();

  private final LongAdder events = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final LongAdder canaries = new LongAdder();
  private final LongAdder ticks = new LongAdder();

  private TraceRecorder(Settings settings, TraceProgram program) {
    this.root = settings.root();
    this.program = program;
    this.parser = new TraceParser(program.mark(), root + "/" + Canary.PREFIX);
    this.process = Bpftrace.launcher(settings).launch(program);
    read("watch-output", process.output(), this::parse);
    read("watch-errors", process.errors(), this::complain);
  }

  /** A site's settings, with these over them. */
  static Settings settings(Site site, String... more) {
    List<String> all = new ArrayList<>(site.settings());
    all.addAll(Arrays.asList(more));
    return SettingsLoader.load(Optional.empty(), all);
  }

  /** Starts a program; {@link #awaitWorking} waits for it. */
  static TraceRecorder launch(Settings settings, TraceProgram.Factory programs) {
    return new TraceRecorder(settings, programs.next());
  }

  /** The path program of a site. */
  static TraceRecorder path(Settings settings) {
    return launch(settings, new PathProgram(settings, TracePrograms.TRACEFS, version(settings)));
  }

  /** The resolved program of a site, for names of so many components. */
  static TraceRecorder resolved(Settings settings, int depth) {
    return launch(
        settings,
        new ResolvedProgram(
            new Walk(settings, () -> depth, () -> 1, version(settings)), TracePrograms.TRACEFS));
  }

  /** The hooked program of a site, for names of so many components. */
  static TraceRecorder hooked(Settings settings, int depth) {
    return launch(
        settings,
        TracePrograms.hooked(new Walk(settings, () -> depth, () -> 1, version(settings))));
  }

  /** The program of this name, for names of so many components. */
  static TraceRecorder of(ProgramName program, Settings settings, int depth) {
    return switch (program) {
      case PATH -> path(settings);
      case RESOLVED -> resolved(settings, depth);
      case HOOKED -> hooked(settings, depth);
      case NONE -> throw new IllegalArgumentException("no program");
    };
  }

  /** The best program that this kernel permits. */
  static ProgramName best() {
    return programs().get(programs().size() - 1);
  }

  /** The programs that this kernel permits. */
  static List<ProgramName> programs() {
    HookSupport kernel = HookSupport.ofThisKernel();
    boolean hooked = Stream.of(Probe.values()).anyMatch(probe -> kernel.whyNot(probe).isEmpty());
    return hooked
        ? List.of(ProgramName.PATH, ProgramName.RESOLVED, ProgramName.HOOKED)
        : List.of(ProgramName.PATH, ProgramName.RESOLVED);
  }

  private static Supplier<BpftraceVersion> version(Settings settings) {
    return new InstalledBpftrace(settings.trace().bpftrace())::version;
  }

  /** Waits until a canary has returned. */
  TraceRecorder awaitWorking() {
    Await.until(
        program.name() + " works: its canary returns",
        START,
        () -> {
          if (process.exit().toCompletableFuture().isDone()) {
            throw new AssertionError("bpftrace has ended");
          }
          program.canary().send(program.canary().token());
          return canaries.sum() > 0;
        },
        () -> chatter.toString());
    return this;
  }

  /** Its name and the process. */
  @Override
  public String toString() {
    return program.name() + "[" + process.pid() + "]";
  }

  long pid() {
    return process.pid();
  }

  /** The thread name of the resolved program's canary. */
  String canaryName() {
    return program.canary().token();
  }

  /** How many canaries have returned. */
  long canaries() {
    return canaries.sum();
  }

  /** All paths so far. */
  Set<String> paths() {
    return paths;
  }

  long events() {
    return events.sum();
  }

  long lost() {
    return lost.sum();
  }

  long ticks() {
    return ticks.sum();
  }

  /** Whether an access to something in this directory below the root was reported. */
  boolean saw(String name) {
    return isBelow(name, paths);
  }

  /** The same of accesses of one kind. */
  boolean saw(Access.Kind kind, String name) {
    return isBelow(name, byKind.get(kind));
  }

  private boolean isBelow(String name, Set<String> some) {
    List<String> wanted = Arrays.asList(name.split("/"));
    return some.stream()
        .flatMap(path -> RootPath.below(root.toString(), path).stream())
        .anyMatch(
            below ->
                below.size() > wanted.size() && below.subList(0, wanted.size()).equals(wanted));
  }

  /** How often the use of an image on this device was reported; other tests have images too. */
  long uses(long device) {
    return uses.stream().filter(use -> use.device() == device).count();
  }

  /** Forgets all it saw so far. */
  void forget() {
    paths.clear();
    byKind.values().forEach(Set::clear);
  }

  /**
   * Waits until every name may be reported again.
   *
   * @return the number of canaries that it sent: an idle window has no tick
   */
  int awaitNextWindow() {
    // The first end may be of the window before.
    int ends = 2;
    for (int i = 0; i < ends; i++) {
      long before = ticks();
      program.canary().send(program.canary().token());
      Await.until("a window ends", () -> ticks() > before);
    }
    return ends;
  }

  /** Waits until it was reported. */
  void awaitSight(String name) {
    Await.until(this + " sees " + name, Await.PATIENCE, () -> saw(name), this::describe);
  }

  /**
   * Returns when each of these has reported everything that an Opener opened before: it uses one
   * CPU, and the events of one CPU stay in order. Makes one more access and waits for its report.
   */
  static void fence(Site site, Opener opener, List<TraceRecorder> watches) throws IOException {
    String name = "fence-" + FENCES.incrementAndGet();
    Path staged = Files.createDirectory(site.scratch().resolve(name));
    Files.writeString(staged.resolve("x"), "x");
    Files.move(staged, site.root(name));
    opener.open("openat", site.root(name).resolve("x"));
    watches.forEach(watch -> watch.awaitSight(name));
  }

  private String describe() {
    List<String> some = paths.stream().limit(50).toList();
    return "it saw " + some + ", lost " + lost() + " and printed " + chatter;
  }

  private interface Chunk {
    void take(byte[] bytes);
  }

  private void read(String name, InputStream from, Chunk chunk) {
    Thread reader =
        new Thread(
            () -> {
              byte[] buffer = new byte[64 * 1024];
              try {
                for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                  chunk.take(Arrays.copyOf(buffer, n));
                }
              } catch (IOException e) {
                // It was killed.
              }
            },
            name);
    reader.setDaemon(true);
    reader.start();
    readers.add(reader);
  }

  private void parse(byte[] bytes) {
    TraceBatch batch = parser.feed(bytes, System.nanoTime());
    events.add(batch.accesses().size());
    lost.add(batch.lost());
    uses.addAll(batch.uses());
    batch.accesses().forEach(access -> byKind.get(access.kind()).add(access.path()));
    batch.accesses().forEach(access -> paths.add(access.path()));
    canaries.add(batch.canaries().stream().filter(this::isOurs).count());
    if (batch.newWindow()) {
      ticks.increment();
    }
  }

  private boolean isOurs(String token) {
    return token.matches("[0-9a-f]+");
  }

  private void complain(byte[] bytes) {
    for (String line : complaints.feed(bytes)) {
      long more = BpftraceVersion.lostEvents(line);
      lost.add(more);
      if (more == 0 && chatter.size() < 100) {
        chatter.add(line);
      }
    }
  }

  @Override
  public void close() {
    process.kill();
    process.exit().toCompletableFuture().join();
    for (Thread reader : readers) {
      try {
        reader.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What /proc shows of its maps, each as {@code hash of 300}: those that can hold so many. */
  List<String> bpfMaps() {
    List<String> maps = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid()), "fdinfo"))) {
      for (Path file : files) {
        String text = Files.readString(file).replaceAll("\\s+", " ");
        Matcher m = Pattern.compile("map_type: (\\d+) .*max_entries: (\\d+) ").matcher(text);
        if (m.find()) {
          // enum bpf_map_type
          String type =
              m.group(1).equals("1") ? "hash" : m.group(1).equals("27") ? "ring" : "other";
          maps.add(type + " of " + m.group(2));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // A descriptor was closed meanwhile; the caller tries again.
    }
    return maps;
  }

  /** The sizes of what it has mapped of this name, bytes. */
  Set<Long> mappings(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "maps")).stream()
        .filter(line -> line.contains(name))
        .map(line -> line.split("[- ]", 3))
        .map(range -> Long.parseLong(range[1], 16) - Long.parseLong(range[0], 16))
        .collect(Collectors.toSet());
  }
}
