package dev.lazymount.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What being traced adds to an open.
 *
 * <pre>
 * ./dev bench trace            200,000 opens of each kind with each program, 5 rounds
 * ./dev bench trace --quick    20,000, 3 rounds
 * </pre>
 *
 * <p>Workload: a C program (src/bench/c/opencost.c), pinned to the last CPU, opens and closes one
 * existing file by its absolute path and says what one open and close took: a file outside the root
 * as deep as one under it, on the same file system and on another; a file in a compiler's directory
 * under the root; and one in a compiler whose image is mounted. All of it untraced, under the
 * program that this daemon began with (one line for every open; a thread reads and drops them, so
 * that nothing else is measured), and under ours, run by the daemon. In every round all of them
 * take a turn, each time in another order. A program is attached before it is measured, because an
 * access was seen to come back; and before each measurement it is waited for that no bpftrace runs
 * but the one to measure.
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
  private static final String SEED = "the first program";
  private static final String PATH = "path";
  private static final String RESOLVED = "resolved";

  /** What is opened. */
  private enum Kind {
    OUTSIDE("An open and close outside the root, on the same file system"),
    ELSEWHERE("An open and close outside the root, on another file system"),
    UNDER("An open and close under the root"),
    IN_IMAGE("An open and close in a compiler whose image is mounted");

    private final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /** Measures these kinds of opens; what it needs for that is there now. */
  private interface Measure {
    void of(Kind... kinds) throws IOException, InterruptedException;
  }

  /** Brings a program up, has the opens measured, and takes it down. */
  private interface Turn {
    void run(Measure measure) throws IOException, InterruptedException;
  }

  private Workspace workspace;
  private Site site;
  private final Map<Kind, Path> files = new LinkedHashMap<>();
  private final Map<Kind, Map<String, List<Double>>> nanos = new LinkedHashMap<>();
  private String[] words;
  private String mounted;
  private long besideOthers;

  @Override
  public String name() {
    return "trace";
  }

  @Override
  public String about() {
    return """
    what being traced adds to an open, by the first program and by ours
        --opens N       opens of each kind (200000; quick: 20000)
        --rounds N      (5; quick: 3)
    """;
  }

  @Override
  public void run(Options options, Workspace where, Report report)
      throws IOException, InterruptedException {
    int opens = options.number("opens", 200_000, 20_000);
    int rounds = options.number("rounds", 5, 3);
    options.complete();
    int cpu = Runtime.getRuntime().availableProcessors() - 1;
    words = new String[] {Integer.toString(cpu), Integer.toString(opens)};
    workspace = where;
    prepare();

    Map<String, Turn> turns = new LinkedHashMap<>();
    turns.put(NOT_TRACED, this::notTraced);
    turns.put(SEED, this::seed);
    turns.put(PATH, measure -> observed(PATH, measure));
    turns.put(RESOLVED, measure -> observed(RESOLVED, measure));
    turns.put(RESOLVED + " ", this::mounting);
    for (int round = 0; round < rounds; round++) {
      List<String> order = new ArrayList<>(turns.keySet());
      Collections.rotate(order, round);
      for (String turn : order) {
        Progress.show("trace: round ", round + 1, " of ", rounds, ", ", turn);
        alone();
        turns.get(turn).run(kinds -> measure(turn.strip(), kinds));
      }
    }
    report(report, opens);
  }

  /** A root, and beside it the same on its own file system and on another. */
  private void prepare() throws IOException, InterruptedException {
    site = new Site(workspace, "trace", 2);
    Path under = site.file(site.take(1).get(0));
    mounted = site.take(1).get(0);
    Path outside = site.root().resolveSibling("else");
    Path elsewhere = Files.createDirectories(site.root().resolveSibling("tmpf"));
    workspace.run(List.of("mount", "-t", "tmpfs", "tmpfs", elsewhere.toString()), List.of());
    files.put(Kind.OUTSIDE, twin(under, outside));
    files.put(Kind.ELSEWHERE, twin(under, elsewhere));
    files.put(Kind.UNDER, under);
    files.put(Kind.IN_IMAGE, site.file(mounted));
  }

  private Path twin(Path file, Path root) throws IOException {
    Path twin = root.resolve(site.root().relativize(file));
    Files.createDirectories(twin.getParent());
    return Files.copy(file, twin);
  }

  private void measure(String system, Kind... kinds) throws IOException, InterruptedException {
    Thread.sleep(SETTLE_MILLIS);
    for (Kind kind : kinds) {
      List<String> all = new ArrayList<>(Arrays.asList(words));
      all.add(files.get(kind).toString());
      String took = workspace.c("opencost", List.of(), all.toArray(String[]::new)).get(0);
      nanos
          .computeIfAbsent(kind, k -> new LinkedHashMap<>())
          .computeIfAbsent(system, s -> new ArrayList<>())
          .add(Double.parseDouble(took));
    }
  }

  private void notTraced(Measure measure) throws IOException, InterruptedException {
    workspace.c("floor", List.of(site.mount(mounted)), "mount");
    measure.of(Kind.values());
    workspace.unmount(List.of(site.target(mounted)));
  }

  private void seed(Measure measure) throws IOException, InterruptedException {
    String prefix = site.root() + "/";
    String program =
        "tracepoint:syscalls:sys_enter_openat /strncmp(str(args->filename), \""
            + prefix
            + "\", "
            + prefix.length()
            + ") == 0/ { printf(\"%s\\n\", str(args->filename)); }";
    Process bpftrace =
        workspace.startPiped(
            List.of("env", "BPFTRACE_STRLEN=" + SEED_LENGTH, "bpftrace", "-e", program));
    Drain drain = new Drain(bpftrace.getInputStream(), prefix);
    drain.start();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!drain.attached) {
      if (!bpftrace.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException("the first program does not get ready");
      }
      Files.readString(files.get(Kind.UNDER));
      Thread.sleep(50);
    }
    measure.of(Kind.OUTSIDE, Kind.ELSEWHERE, Kind.UNDER);
    workspace.end(bpftrace);
    drain.join();
  }

  private void observed(String program, Measure measure) throws IOException, InterruptedException {
    Lazymount daemon = new Lazymount(workspace, site, "mode=observe", "trace.program=" + program);
    measure.of(Kind.OUTSIDE, Kind.ELSEWHERE, Kind.UNDER);
    daemon.stop();
  }

  private void mounting(Measure measure) throws IOException, InterruptedException {
    Lazymount daemon = new Lazymount(workspace, site, "trace.program=" + RESOLVED);
    workspace.c("opener", List.of(site.access(mounted)), "access", "0", "0");
    measure.of(Kind.IN_IMAGE);
    daemon.stop();
    workspace.unmount(List.of(site.target(mounted)));
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

  private void report(Report report, int opens) {
    nanos.forEach(
        (kind, systems) -> {
          Report.Section section = report.section(kind.title, "ns");
          systems.forEach((system, values) -> section.add(system, Sample.of(values)));
        });
    report.count("opens of each kind, program and round", opens);
    report.count("turns beside another bpftrace of this machine", besideOthers);
    for (String ours : List.of(PATH, RESOLVED)) {
      bar(report, ours, Kind.OUTSIDE, UNMATCHED);
      bar(report, ours, Kind.ELSEWHERE, UNMATCHED);
      bar(report, ours, Kind.UNDER, MATCHED);
    }
    bar(report, RESOLVED, Kind.IN_IMAGE, MOUNTED);
    for (String ours : List.of(PATH, RESOLVED)) {
      for (Kind kind : List.of(Kind.OUTSIDE, Kind.ELSEWHERE, Kind.UNDER)) {
        String what = ours + ", to the first program: " + kind.title;
        report.atMost(what, 1, Optional.of(median(kind, ours) / median(kind, SEED)));
      }
    }
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
