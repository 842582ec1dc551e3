package dev.lazymount.bench;

import dev.lazymount.bench.FirstCompile.Way;
import dev.lazymount.bench.Storage.Profile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The first compile, and the warm one, in a sandbox: each compile in a new mount namespace, a slave
 * of the host's, into which the kernel copies every mount there is. So with many images mounted,
 * all compiles pay, also those by a compiler that has been in use for hours.
 */
final class Sandboxes {
  private static final Profile STORAGE = Profile.EFS;
  private static final List<Way> WAYS = List.of(Way.ORIGINAL, Way.MOUNT, Way.LAZYMOUNT, Way.WARM);

  /** A warm compile takes no time to prepare, and is short, so there are more of them. */
  private static final int WARM_TIMES = 5;

  private final Workspace workspace;
  private final Compiles compiles;
  private final Report report;
  private final Chart chart = new Chart("Warm compile in a sandbox", "images mounted", "ms, p50");

  Sandboxes(Workspace workspace, Compiles compiles, Report report) {
    this.workspace = workspace;
    this.compiles = compiles;
    this.report = report;
  }

  /**
   * Measures.
   *
   * @param levels how many other images are mounted
   */
  void measure(List<Compiler> compilers, List<Integer> levels, int rounds)
      throws IOException, InterruptedException {
    List<Integer> sorted = levels.stream().sorted().toList();
    Site present = new Site(workspace, "present", sorted.get(sorted.size() - 1));
    present.share(workspace);
    try (Storage storage = new Storage(workspace, "sandboxes", false)) {
      Map<Way, Site> sites = CompileTurn.sites(storage, WAYS, compilers);
      storage.serve(STORAGE);
      CompileMachine.Factory machines = new CompileMachine.Factory(workspace);
      CompileTurn turn = new CompileTurn(workspace, compiles, storage, machines, true);
      List<String> targets = new ArrayList<>();
      for (int level : sorted) {
        List<String> names = present.take(level - targets.size());
        workspace.c("floor", names.stream().map(present::mount).toList(), "mount");
        names.forEach(name -> targets.add(present.target(name)));
        level(turn, sites, compilers, rounds, level);
      }
      workspace.unmount(targets);
    }
    report.chart(chart);
  }

  private void level(
      CompileTurn turn, Map<Way, Site> sites, List<Compiler> compilers, int rounds, int level)
      throws IOException, InterruptedException {
    Map<Compiler, Map<Way, List<Double>>> millis = new EnumMap<>(Compiler.class);
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < WAYS.size(); i++) {
        Way way = WAYS.get((i + round) % WAYS.size());
        Progress.show(
            "first-compile: sandboxes, ", level, " mounted, round ", round + 1, ", ", way.title());
        for (int time = 0; time < (way == Way.WARM ? WARM_TIMES : 1); time++) {
          turn.take(
              way,
              sites.get(way),
              compilers,
              (compiler, took, load) ->
                  millis
                      .computeIfAbsent(compiler, c -> new EnumMap<>(Way.class))
                      .computeIfAbsent(way, w -> new ArrayList<>())
                      .add(took));
        }
      }
    }
    millis.forEach(
        (compiler, ways) -> {
          String title =
              String.format(
                  Locale.ROOT,
                  "First compile in a sandbox, %,d other images mounted, %s, %s",
                  level,
                  compiler.title(),
                  STORAGE.title());
          Report.Section section = report.section(title, "ms");
          ways.forEach((way, all) -> section.add(way.title(), Sample.of(all)));
          chart.add(compiler.title(), level, Sample.of(ways.get(Way.WARM)).median());
        });
  }
}
