package dev.lazymount.bench;

import dev.lazymount.bench.Storage.Profile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The mix of a production node: of 2,000 compilers 11 are used within a minute, each of them some
 * times, and each compile is in a sandbox. (That is what a node of Compiler Explorer saw in August
 * 2025.) Compared are no image at all, every image mounted before, and lazymount.
 *
 * <p>The compilers in use are real ones, the same again under other names; the others are images of
 * 72 KiB. Each is used for the first time at a moment of its own; the moments are by chance and the
 * same for each way. A compile that takes longer than until the next moment delays that.
 */
final class Mix {
  private static final Profile STORAGE = Profile.EFS;
  private static final int USED = 11;
  private static final int TIMES = 4;
  private static final int ALL = 2000;
  private static final int ALL_QUICK = 200;
  private static final String ORIGINAL = "original directory";
  private static final String EAGER = "every image mounted at boot";
  private static final String LAZYMOUNT = "lazymount";

  /** One use of a compiler. */
  private record Use(int number, double second, boolean first) {}

  private final Workspace workspace;
  private final Compiles compiles;
  private final Report report;

  Mix(Workspace workspace, Compiles compiles, Report report) {
    this.workspace = workspace;
    this.compiles = compiles;
    this.report = report;
  }

  void measure(List<Compiler> compilers, int seconds, boolean quick)
      throws IOException, InterruptedException {
    int all = quick ? ALL_QUICK : ALL;
    List<String> used = IntStream.range(0, USED).mapToObj(i -> "used-" + i).toList();
    List<String> unused = IntStream.range(USED, all).mapToObj(i -> "unused-" + i).toList();
    List<Compiler> real =
        IntStream.range(0, USED).mapToObj(i -> compilers.get(i % compilers.size())).toList();
    List<Use> uses = uses(seconds);
    Map<String, List<Double>> first = new LinkedHashMap<>();
    Map<String, List<Double>> later = new LinkedHashMap<>();
    Progress.show("first-compile: mix, making ", all, " images");
    try (Storage storage = new Storage(workspace, "mix", false)) {
      Map<String, Site> sites = new LinkedHashMap<>();
      for (String way : List.of(ORIGINAL, EAGER, LAZYMOUNT)) {
        sites.put(way, storage.add("mix-" + sites.size(), real, used));
        storage.addSmall(sites.get(way), unused);
      }
      storage.serve(STORAGE);
      for (Map.Entry<String, Site> entry : sites.entrySet()) {
        String way = entry.getKey();
        Site site = entry.getValue();
        Progress.show("first-compile: mix, ", seconds, " s, ", way);
        Lazymount daemon = null;
        if (way.equals(EAGER)) {
          List<String> mounts = new ArrayList<>();
          used.forEach(name -> mounts.add(site.mount(name)));
          unused.forEach(name -> mounts.add(site.mount(name)));
          workspace.c("floor", mounts, "mount");
        } else if (way.equals(LAZYMOUNT)) {
          daemon = new Lazymount(workspace, site);
          daemon.awaitKnown(all);
        }
        compiles.dropCaches();
        run(site, real, used, uses, way, first, later);
        if (daemon != null) {
          daemon.stop();
        }
        report.count("mix, " + way + ": images mounted", Storage.mountedBelow(site.root()).size());
        workspace.unmount(Storage.mountedBelow(site.root()));
      }
    }
    String title =
        String.format(
            Locale.ROOT, "%d compilers of %,d in %d s, %s, ", USED, all, seconds, STORAGE.title());
    Report.Section firsts = report.section(title + "first compiles", "ms");
    first.forEach((way, took) -> firsts.add(way, Sample.of(took)));
    Report.Section others = report.section(title + "later compiles", "ms");
    later.forEach((way, took) -> others.add(way, Sample.of(took)));
  }

  /** When which compiler is used, in order; the same each time. */
  private static List<Use> uses(int seconds) {
    Random random = new Random(1);
    List<Use> uses = new ArrayList<>();
    for (int number = 0; number < USED; number++) {
      List<Double> moments = new ArrayList<>();
      for (int i = 0; i < TIMES; i++) {
        moments.add(random.nextDouble() * seconds);
      }
      Collections.sort(moments);
      for (int i = 0; i < TIMES; i++) {
        uses.add(new Use(number, moments.get(i), i == 0));
      }
    }
    uses.sort((a, b) -> Double.compare(a.second(), b.second()));
    return uses;
  }

  private void run(
      Site site,
      List<Compiler> real,
      List<String> used,
      List<Use> uses,
      String way,
      Map<String, List<Double>> first,
      Map<String, List<Double>> later)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    for (Use use : uses) {
      long early = (long) (use.second() * 1e9) - (System.nanoTime() - start);
      if (early > 0) {
        Thread.sleep(early / 1_000_000);
      }
      Path at = Path.of(site.target(used.get(use.number())));
      double took = compiles.millis(real.get(use.number()), at, true);
      (use.first() ? first : later).computeIfAbsent(way, w -> new ArrayList<>()).add(took);
    }
  }
}
