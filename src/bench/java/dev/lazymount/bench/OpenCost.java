package dev.lazymount.bench;

import dev.lazymount.trace.program.HookSupport;
import dev.lazymount.trace.program.HookedProgram;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What being traced adds to a system call, and to a compile.
 *
 * <pre>
 * ./dev bench trace            200,000 calls of each kind with each program, 5 rounds
 * ./dev bench trace --quick    20,000, 3 rounds
 * ./dev bench trace --vm       counts instructions instead, in an emulated machine
 *                              (src/vm-test/instructions.sh)
 * </pre>
 *
 * <p>Workload: a C program (src/bench/c/opencost.c), pinned to the last CPU, makes one call again
 * and again and says what one took: calls that open nothing, an open that fails, and open and close
 * of one file by its absolute path. That file is outside the root as deep as one under it, on the
 * same file system and on another; in a directory under the root that has no image; and in one
 * whose image is mounted. Then real compilers, in mounted images, compile one file each. All of it
 * untraced; under a program that only counts opens; under the one that this daemon began with (one
 * line for every open; a thread reads and drops them, so that nothing else is measured); and under
 * ours, run by the daemon, as far as this kernel permits them. The images are mounted all the time.
 * In every round all programs take a turn, each time in another order. A program is attached before
 * it is measured, because an access was seen to come back; and before each turn it is waited for
 * that no bpftrace runs but the one to measure.
 */
final class OpenCost implements Benchmark {
  /** What a start leaves under way is over by then. */
  private static final long SETTLE_MILLIS = 200;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final String SEED_LENGTH = "200";

  private static final double UNMATCHED = 1.25;
  private static final double MATCHED = 1.6;
  private static final double MOUNTED = 1.25;

  private static final String NOT_TRACED = "not traced";
  private static final String MINIMAL = "a program that counts opens";
  private static final String SEED = "the first program";
  private static final String PATH = "path";
  private static final String RESOLVED = "resolved";
  private static final String HOOKED = "hooked";

  private static final List<Compiler> COMPILERS = List.of(Compiler.TCC, Compiler.GXX);
  private static final String IMAGED = "imaged";

  /** What is called, and the word for it in opencost.c. */
  private enum Kind {
    GETPPID("getppid", "getppid"),
    READ("A read of one byte", "read"),
    STAT("A stat", "stat"),
    MISSING("An open that fails (ENOENT)", "missing"),
    OUTSIDE("An open and close outside the root, on the same file system", "open"),
    ELSEWHERE("An open and close outside the root, on another file system", "open"),
    UNDER("An open and close under the root", "open"),
    IN_IMAGE("An open and close in a compiler whose image is mounted", "open");

    private final String title;
    private final String word;

    Kind(String title, String word) {
      this.title = title;
      this.word = word;
    }
  }

  /** Measures everything; what it needs for that is there now. */
  private interface Measure {
    void run() throws IOException, InterruptedException;
  }

  /** Brings a program up, has everything measured, and takes it down. */
  private interface Turn {
    void run(Measure measure) throws IOException, InterruptedException;
  }

  private Workspace workspace;
  private Site site;
  private Compiles compiles;
  private int compilesPerTurn;
  private final Map<Kind, Path> files = new EnumMap<>(Kind.class);
  private final Map<Kind, Map<String, List<Double>>> nanos = new EnumMap<>(Kind.class);
  private final Map<Compiler, Map<String, List<Double>>> millis = new EnumMap<>(Compiler.class);
  private List<String> words;
  private long besideOthers;

  @Override
  public String name() {
    return "trace";
  }

  @Override
  public String about() {
    return """
    what being traced adds to a system call and to a compile, by others' programs and by ours
        --calls N       calls of each kind (200000; quick: 20000)
        --compiles N    compiles of each compiler (10; quick: 3)
        --rounds N      (5; quick: 3)
        --vm            counts instructions instead, in an emulated machine; no other option
    """;
  }

  @Override
  public void run(Options options, Workspace where, Report report)
      throws IOException, InterruptedException {
    int calls = options.number("calls", 200_000, 20_000);
    compilesPerTurn = options.number("compiles", 10, 3);
    int rounds = options.number("rounds", 5, 3);
    options.complete();
    int cpu = Runtime.getRuntime().availableProcessors() - 1;
    words = List.of(Integer.toString(cpu), Integer.toString(calls));
    workspace = where;
    // Short names: a string in a program of bpftrace 0.17 has at most 64 bytes.
    try (Storage storage = new Storage(workspace, "t", true)) {
      prepare(storage);
      Map<String, Turn> turns = turns(report);
      for (int round = 0; round < rounds; round++) {
        List<String> order = new ArrayList<>(turns.keySet());
        Collections.rotate(order, round);
        for (String turn : order) {
          Progress.show("trace: round ", round + 1, " of ", rounds, ", ", turn);
          alone();
          turns.get(turn).run(() -> measure(turn));
        }
      }
      report(report, calls, turns.keySet());
      workspace.unmount(Storage.mountedBelow(site.root()));
      workspace.run(List.of("umount", elsewhere().toString()), List.of());
    }
  }

  private Map<String, Turn> turns(Report report) {
    Map<String, Turn> turns = new LinkedHashMap<>();
    turns.put(NOT_TRACED, Measure::run);
    turns.put(MINIMAL, this::minimal);
    turns.put(SEED, this::seed);
    for (String program : List.of(PATH, RESOLVED, HOOKED)) {
      Optional<String> why = program.equals(HOOKED) ? whyNotHooked() : Optional.empty();
      why.ifPresent(reason -> report.fact("not measured: " + HOOKED, reason));
      if (why.isEmpty()) {
        turns.put(program, measure -> daemon(program, measure));
      }
    }
    return turns;
  }

  private static Optional<String> whyNotHooked() {
    HookSupport support = HookSupport.ofThisKernel();
    return support
        .whyNot(HookedProgram.Probe.FENTRY)
        .flatMap(
            fentry -> support.whyNot(HookedProgram.Probe.KPROBE).map(why -> fentry + "; " + why));
  }

  /**
   * A root, and beside it the same on its own file system and on another. The images are mounted,
   * and the daemon adopts them.
   */
  private void prepare(Storage storage) throws IOException, InterruptedException {
    List<String> names = COMPILERS.stream().map(Compiler::title).toList();
    site = storage.add("s", COMPILERS, names);
    storage.addSmall(site, List.of(IMAGED));
    compiles = new Compiles(workspace);
    workspace.run(List.of("mount", "-t", "tmpfs", "tmpfs", elsewhere().toString()), List.of());
    Path under = site.file("plain");
    Files.createDirectories(under.getParent());
    Files.writeString(under, "no image\n");
    Path outside = twin(under, site.root().resolveSibling("else"));
    for (Kind kind : List.of(Kind.READ, Kind.STAT, Kind.OUTSIDE)) {
      files.put(kind, outside);
    }
    files.put(Kind.MISSING, outside.resolveSibling("missing"));
    files.put(Kind.ELSEWHERE, twin(under, elsewhere()));
    files.put(Kind.UNDER, under);
    files.put(Kind.IN_IMAGE, site.file(IMAGED));
    List<String> mounts = new ArrayList<>(List.of(site.mount(IMAGED)));
    names.forEach(name -> mounts.add(site.mount(name)));
    workspace.c("floor", mounts, "mount");
  }

  private Path elsewhere() throws IOException {
    return Files.createDirectories(workspace.folder().resolve("tmpf"));
  }

  private Path twin(Path file, Path root) throws IOException {
    Path twin = root.resolve(site.root().relativize(file));
    Files.createDirectories(twin.getParent());
    return Files.copy(file, twin);
  }

  private void measure(String system) throws IOException, InterruptedException {
    Thread.sleep(SETTLE_MILLIS);
    for (Kind kind : Kind.values()) {
      List<String> all = new ArrayList<>(words);
      all.add(kind == Kind.GETPPID ? kind.word : kind.word + "=" + files.get(kind));
      String took = workspace.c("opencost", List.of(), all.toArray(String[]::new)).get(0);
      add(nanos, kind, system, Double.parseDouble(took));
    }
    for (Compiler compiler : COMPILERS) {
      for (int i = 0; i < compilesPerTurn; i++) {
        Path at = Path.of(site.target(compiler.title()));
        add(millis, compiler, system, compiles.millis(compiler, at, false));
      }
    }
  }

  private static <K> void add(
      Map<K, Map<String, List<Double>>> to, K what, String system, double value) {
    to.computeIfAbsent(what, k -> new LinkedHashMap<>())
        .computeIfAbsent(system, s -> new ArrayList<>())
        .add(value);
  }

  private void minimal(Measure measure) throws IOException, InterruptedException {
    String program =
        "tracepoint:syscalls:sys_enter_openat { @opens = count(); }"
            + " interval:ms:100 { printf(\"attached\\n\"); }";
    bpftrace(List.of("bpftrace", "-e", program), "attached", MINIMAL, measure);
  }

  private void seed(Measure measure) throws IOException, InterruptedException {
    String prefix = site.root() + "/";
    String program =
        "tracepoint:syscalls:sys_enter_openat /strncmp(str(args->filename), \""
            + prefix
            + "\", "
            + prefix.length()
            + ") == 0/ { printf(\"%s\\n\", str(args->filename)); }";
    bpftrace(
        List.of("env", "BPFTRACE_STRLEN=" + SEED_LENGTH, "bpftrace", "-e", program),
        prefix,
        SEED,
        measure);
  }

  private void bpftrace(List<String> command, String sign, String what, Measure measure)
      throws IOException, InterruptedException {
    Process bpftrace = workspace.startPiped(command);
    Drain drain = new Drain(bpftrace.getInputStream(), sign);
    drain.start();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!drain.attached) {
      if (!bpftrace.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException(what + " does not get ready");
      }
      Files.readString(files.get(Kind.UNDER));
      Thread.sleep(50);
    }
    measure.run();
    workspace.end(bpftrace);
    drain.join();
  }

  private void daemon(String program, Measure measure) throws IOException, InterruptedException {
    Lazymount daemon = new Lazymount(workspace, site, "trace.program=" + program);
    measure.run();
    daemon.stop();
  }

  /** Waits until no bpftrace runs; on a machine that others use too, not for ever. */
  private void alone() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS / 3;
    while (bpftraceRuns()) {
      if (System.nanoTime() - end > 0) {
        besideOthers++;
        Progress.show("trace: another bpftrace runs on this machine");
        return;
      }
      Thread.sleep(50);
    }
  }

  private static boolean bpftraceRuns() {
    Predicate<ProcessHandle> isBpftrace =
        process -> process.info().command().filter(c -> c.endsWith("/bpftrace")).isPresent();
    return ProcessHandle.allProcesses().anyMatch(isBpftrace);
  }

  private void report(Report report, int calls, Set<String> systems) {
    nanos.forEach((kind, all) -> section(report, kind.title, "ns", all));
    millis.forEach(
        (compiler, all) -> section(report, "A compile by " + compiler.title(), "ms", all));
    report.count("calls of each kind, program and round", calls);
    report.count("compiles of each compiler, program and round", compilesPerTurn);
    report.count("turns beside another bpftrace of this machine", besideOthers);
    for (String ours : List.of(PATH, RESOLVED, HOOKED)) {
      if (!systems.contains(ours)) {
        continue;
      }
      bar(report, ours, Kind.OUTSIDE, UNMATCHED);
      bar(report, ours, Kind.ELSEWHERE, UNMATCHED);
      bar(report, ours, Kind.UNDER, MATCHED);
      bar(report, ours, Kind.IN_IMAGE, MOUNTED);
      for (Kind kind : List.of(Kind.OUTSIDE, Kind.ELSEWHERE, Kind.UNDER)) {
        String what = ours + ", to the first program: " + kind.title;
        report.atMost(what, 1, Optional.of(median(kind, ours) / median(kind, SEED)));
      }
    }
  }

  private static void section(
      Report report, String title, String unit, Map<String, List<Double>> systems) {
    Report.Section section = report.section(title, unit);
    systems.forEach((system, values) -> section.add(system, Sample.of(values)));
  }

  private void bar(Report report, String ours, Kind kind, double limit) {
    double ratio = median(kind, ours) / median(kind, NOT_TRACED);
    report.atMost(ours + ", to untraced: " + kind.title, limit, Optional.of(ratio));
  }

  private double median(Kind kind, String system) {
    return Sample.of(nanos.get(kind).get(system)).median();
  }

  /** Reads and drops, until there is no more. */
  private static final class Drain extends Thread {
    private final InputStream from;
    private final byte[] sign;
    private volatile boolean attached;

    /** {@code sign} begins the lines that say that the program is attached. */
    private Drain(InputStream from, String sign) {
      super("drain");
      this.from = from;
      this.sign = sign.getBytes(StandardCharsets.UTF_8);
      setDaemon(true);
    }

    @Override
    public void run() {
      byte[] buffer = new byte[64 * 1024];
      try {
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
          attached =
              attached || Arrays.equals(buffer, 0, Math.min(n, sign.length), sign, 0, sign.length);
        }
      } catch (IOException e) {
        // It has ended.
      }
    }
  }
}
