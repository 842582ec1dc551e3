package dev.lazymount.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A daemon from exec to READY, and its first mount, cold; then one at rest, and asked ({@link
 * Rest}, {@link StatusCost}).
 *
 * <pre>
 * ./dev bench start            10 starts of each kind, 2,000 images, seven minutes of rest
 * ./dev bench start --quick    3, 200 images, half a minute
 * </pre>
 *
 * <p>Workload of the start: a C program (src/bench/c/opener.c) starts the daemon with a
 * NOTIFY_SOCKET as systemd would, notes when READY=1 comes, opens a file under a name at once (or a
 * second later: the JVM is as cold, but no longer busy with its start), notes when the image is
 * mounted, and ends the daemon. The two kinds take turns, and with them what a start can't be
 * faster than: {@code lazymount --version} (the JVM, our class archive and the command line) and
 * bpftrace with one probe, which ends itself as soon as that is attached. Page cache and class
 * archive are warm; it is not the first start after a boot.
 */
final class Start implements Benchmark {
  private static final String ATTACH =
      "tracepoint:syscalls:sys_enter_openat { @ = 1; } interval:ms:1 { exit(); }";

  @Override
  public String name() {
    return "start";
  }

  @Override
  public String about() {
    return """
    exec to READY, the first mount, then memory and CPU time at rest, and what a status takes
        --starts N      starts of each kind (10; quick: 3)
        --images N      images of the daemon at rest (2000; quick: 200)
        --rest S        seconds between two looks at it (60; quick: 10)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final int starts = options.number("starts", 10, 3);
    final int images = options.number("images", 2000, 200);
    final int rest = options.number("rest", 60, 10);
    options.complete();
    fresh(workspace, report, starts);
    Rest.measure(workspace, report, images, rest);
    StatusCost.measure(workspace, report, images);
  }

  private static void fresh(Workspace workspace, Report report, int starts)
      throws IOException, InterruptedException {
    Site site = new Site(workspace, "fresh", 2 * starts + 1);
    fresh(workspace, site, 0);

    List<Double> ready = new ArrayList<>();
    List<Double> atOnce = new ArrayList<>();
    List<Double> later = new ArrayList<>();
    List<Double> jvm = new ArrayList<>();
    List<Double> bpftrace = new ArrayList<>();
    for (int i = 0; i < starts; i++) {
      Progress.show("start: ", i + 1, " of ", starts);
      for (int settle : List.of(0, 1000)) {
        List<Double> millis = fresh(workspace, site, settle);
        ready.add(millis.get(0));
        (settle == 0 ? atOnce : later).add(millis.get(1));
      }
      jvm.add(duration(workspace, List.of(Lazymount.launcher(), "--version")));
      bpftrace.add(duration(workspace, List.of("bpftrace", "-e", ATTACH)));
    }

    report
        .section("Start", "ms from exec")
        .add("READY=1", Sample.of(ready))
        .add("lazymount --version, to its end", Sample.of(jvm))
        .add("bpftrace with one probe, to its end", Sample.of(bpftrace));
    report
        .section("First mount of a fresh daemon", "ms")
        .add("access at once after READY=1", Sample.of(atOnce))
        .add("access a second after READY=1", Sample.of(later));
    report.atMost("p50 of READY=1, ms", 1200, Optional.of(Sample.of(ready).median()));
    report.atMost(
        "p50 of the first mount, at once after READY=1, ms",
        15,
        Optional.of(Sample.of(atOnce).median()));
  }

  /** Milliseconds to READY and from access to mount. */
  private static List<Double> fresh(Workspace workspace, Site site, int settle)
      throws IOException, InterruptedException {
    String name = site.take(1).get(0);
    List<String> words =
        new ArrayList<>(
            List.of(
                "fresh",
                workspace.folder().resolve("notify-" + name).toString(),
                Integer.toString(settle),
                site.file(name).toString(),
                site.target(name)));
    words.addAll(Lazymount.command(site));
    String line = workspace.c("opener", List.of(), words.toArray(String[]::new)).get(0);
    workspace.unmount(List.of(site.target(name)));
    String[] nanos = line.split("\t", -1);
    return List.of(Long.parseLong(nanos[0]) / 1e6, Long.parseLong(nanos[1]) / 1e6);
  }

  private static double duration(Workspace workspace, List<String> command)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    workspace.run(command, List.of());
    return (System.nanoTime() - start) / 1e6;
  }
}
