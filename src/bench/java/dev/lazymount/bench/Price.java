package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a mounted image costs, used or not: each new mount namespace, memory, PID 1.
 *
 * <pre>
 * ./dev bench price           0 to 4,000 images mounted; ten minutes
 * ./dev bench price --quick   0 to 200; a minute
 * </pre>
 *
 * <p>Namespaces: {@code unshare(CLONE_NEWNS)} in a new process, and a whole jailed process, as
 * {@code jail.c} describes them; the images are in a shared mount, as all mounts are on a host that
 * systemd booted.
 *
 * <p>Memory: images of one content, made with each block size and compression, are mounted from
 * files of their own; then the caches are dropped, and the kernel's memory counts that is not
 * reclaimable, in comparison to before. Their files have not been read.
 *
 * <p>PID 1: systemd in namespaces, as in {@link Boot}; the CPU time that it takes for as many
 * mounts by direct system calls, which are over before systemd has looked at them twice. Mounts
 * that come one after the other cost it more. Left out without a tree of Debian 12 (`./dev bench
 * boot` makes it).
 */
final class Price implements Benchmark {
  private static final List<Integer> LEVELS = List.of(0, 16, 200, 500, 1000, 2000, 4000);
  private static final List<Integer> QUICK_LEVELS = List.of(0, 16, 200);

  /** Free, cached or of processes, so that others on this machine disturb less. */
  private static final List<String> NOT_KERNEL =
      List.of(
          "MemFree", "Buffers", "Cached", "SReclaimable", "AnonPages", "PageTables", "KernelStack");

  private static final long SETTLE_MILLIS = 1000;
  private static final double STEADY_KILOBYTES = 1024;
  private static final int MAX_LOOKS = 6;

  /** A compression, and a block size as mksquashfs takes it. */
  private record Format(String compression, String block) {}

  private static final List<Format> FORMATS =
      List.of(
          new Format("zstd", "128K"),
          new Format("zstd", "4K"),
          new Format("zstd", "32K"),
          new Format("zstd", "256K"),
          new Format("zstd", "1M"),
          new Format("gzip", "128K"),
          new Format("lz4", "128K"),
          new Format("xz", "128K"));

  @Override
  public String name() {
    return "price";
  }

  @Override
  public String about() {
    return """
    what mounted images cost: new mount namespaces, memory, PID 1's CPU time
        --present N,..  images mounted (0,16,200,500,1000,2000,4000; quick: 0,16,200)
        --times N       namespaces and jailed processes at each number (200; quick: 40)
        --mounts N      images of each format for their memory (200; quick: 50); 0: leave out
        --rounds N      of the memory (3; quick: 1)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final List<Integer> levels =
        options.numbers("present", LEVELS, QUICK_LEVELS).stream().sorted().toList();
    final int times = options.number("times", 200, 40);
    final int mounts = options.number("mounts", 200, 50);
    final int rounds = options.number("rounds", 3, 1);
    options.complete();
    workspace.compile("jail");
    namespaces(workspace, report, levels, times);
    if (mounts > 0) {
      memory(workspace, report, mounts, rounds);
    }
    int most = levels.get(levels.size() - 1);
    String tree = System.getProperty("lazymount.tree", "");
    if (tree.isEmpty()) {
      String reason = "no tree of Debian 12; `./dev bench boot --quick` makes it";
      Progress.show("price: without PID 1: ", reason);
      report.fact("left out: PID 1", reason);
    } else if (most > 0) {
      pid1(workspace, report, tree, most);
    }
  }

  private static void namespaces(
      Workspace workspace, Report report, List<Integer> levels, int times)
      throws IOException, InterruptedException {
    Progress.show("price: making images");
    Site site = new Site(workspace, "present", levels.get(levels.size() - 1));
    site.share(workspace);
    Map<Integer, Sample> unshare = new LinkedHashMap<>();
    Map<Integer, Sample> whole = new LinkedHashMap<>();
    List<String> targets = new ArrayList<>();
    for (int level : levels) {
      Progress.show("price: namespaces, ", level, " mounted");
      List<String> names = site.take(level - targets.size());
      workspace.c("floor", names.stream().map(site::mount).toList(), "mount");
      names.forEach(name -> targets.add(site.target(name)));
      String count = Integer.toString(times);
      unshare.put(level, millis(workspace.c("jail", List.of(), "unshare", count)));
      whole.put(
          level, millis(workspace.c("jail", List.of(), "whole", count, site.root().toString())));
    }
    workspace.unmount(targets);
    Chart chart = new Chart("A new mount namespace", "images mounted", "ms, p50");
    add(report.section("unshare -m, by images mounted", "ms"), chart, "unshare -m", unshare);
    add(report.section("a jailed process, by images mounted", "ms"), chart, "jail", whole);
    report.chart(chart);
  }

  private static void add(
      Report.Section section, Chart chart, String line, Map<Integer, Sample> samples) {
    samples.forEach(
        (level, sample) -> {
          section.add(String.format(Locale.ROOT, "%,d", level), sample);
          chart.add(line, level, sample.median());
        });
  }

  private static Sample millis(List<String> nanos) {
    return Sample.of(nanos.stream().map(n -> Long.parseLong(n) / 1e6).toList());
  }

  private static void memory(Workspace workspace, Report report, int mounts, int rounds)
      throws IOException, InterruptedException {
    Path content = Site.image(workspace).resolveSibling("content");
    Map<Format, List<Double>> kilobytes = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Format format : FORMATS) {
        String title = format.compression() + ", blocks of " + format.block();
        Progress.show("price: memory, ", title);
        Path folder =
            Files.createDirectory(
                workspace.folder().resolve(round + format.compression() + format.block()));
        try {
          double each = memory(workspace, content, folder, format, mounts);
          kilobytes.computeIfAbsent(format, f -> new ArrayList<>()).add(each);
        } catch (IOException e) {
          // The kernel or mksquashfs may lack a compression.
          Progress.show("price: without ", title, ": ", e.getMessage());
          report.fact("left out: " + title, e.getMessage());
          workspace.unmount(Storage.mountedBelow(folder));
        }
        workspace.run(List.of("rm", "-rf", "--one-file-system", folder.toString()), List.of());
      }
    }
    Report.Section section = report.section("memory of a mounted image, nothing read", "KiB");
    kilobytes.forEach(
        (format, all) ->
            section.add(format.compression() + ", blocks of " + format.block(), Sample.of(all)));
  }

  /** KiB for each of so many mounts. */
  private static double memory(
      Workspace workspace, Path content, Path folder, Format format, int mounts)
      throws IOException, InterruptedException {
    Path image = folder.resolve("0.img");
    workspace.run(
        List.of(
            "mksquashfs",
            content.toString(),
            image.toString(),
            "-comp",
            format.compression(),
            "-b",
            format.block(),
            "-all-root",
            "-quiet",
            "-no-progress"),
        List.of());
    List<String> input = new ArrayList<>();
    List<String> targets = new ArrayList<>();
    for (int i = 0; i < mounts; i++) {
      Path copy = folder.resolve(i + ".img");
      if (i > 0) {
        Files.copy(image, copy);
      }
      String target = Files.createDirectory(folder.resolve("at-" + i)).toString();
      targets.add(target);
      input.add(copy + "\t" + target);
    }
    double before = usedKilobytes(workspace);
    workspace.c("floor", input, "mount");
    double after = usedKilobytes(workspace);
    workspace.unmount(targets);
    return (after - before) / mounts;
  }

  /** Memory of the kernel that can't be had by dropping caches, once that stays the same. */
  private static double usedKilobytes(Workspace workspace)
      throws IOException, InterruptedException {
    workspace.run(List.of("sync"), List.of());
    double before;
    double now = Double.MAX_VALUE;
    int looks = 0;
    do {
      before = now;
      // What was unmounted is freed some time later.
      Thread.sleep(SETTLE_MILLIS);
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
      now = kernelKilobytes();
      looks++;
    } while (Math.abs(now - before) > STEADY_KILOBYTES && looks < MAX_LOOKS);
    return now;
  }

  private static double kernelKilobytes() throws IOException {
    Map<String, Long> memory = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      String[] parts = line.split(":\\s+| ", -1);
      memory.put(parts[0], Long.parseLong(parts[1].strip()));
    }
    double used = memory.get("MemTotal");
    for (String other : NOT_KERNEL) {
      used -= memory.get(other);
    }
    return used;
  }

  private static void pid1(Workspace workspace, Report report, String tree, int images)
      throws IOException, InterruptedException {
    Progress.show("price: PID 1 of a systemd");
    Site site = new Site(workspace, "pid1", images);
    Machine machine = new Machine(workspace, workspace.folder().resolve("machine"), tree);
    try (machine) {
      machine.use(site);
      StringBuilder list = new StringBuilder();
      site.take(images)
          .forEach(
              name ->
                  list.append("/efs/squash-images/")
                      .append(name)
                      .append(".img\t/opt/compiler-explorer/")
                      .append(name)
                      .append('\n'));
      machine.write("srv/list", list.toString());
      String floor = machine.layer().resolve("srv/floor").toString();
      String source = workspace.source("c/floor.c").toString();
      workspace.run(List.of("cc", "-O2", "-static", "-o", floor, source), List.of());
      machine.boot();
      machine.await("run/systemd/private");
      machine.settle();
      double before = machine.cpuSeconds();
      machine.run("sh", "-c", "/srv/floor mount </srv/list");
      machine.settle();
      String title = String.format(Locale.ROOT, "CPU time of PID 1, %,d images", images);
      report
          .section(title, "s")
          .add("for its boot", Sample.of(List.of(before)))
          .add(
              "for mounts by direct system calls",
              Sample.of(List.of(machine.cpuSeconds() - before)));
    }
    workspace.unmount(List.of());
  }
}
