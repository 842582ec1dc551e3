package dev.lazymount.bench;

import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A flood of accesses: what gets lost, what an open costs, and whether the next image is mounted.
 *
 * <pre>
 * ./dev bench burst            1,000,000 opens each, 5 rounds
 * ./dev bench burst --quick    1,000,000 opens each, 1 round
 * </pre>
 *
 * <p>Workload: a C program (src/bench/c/opener.c) opens and closes one existing file a million
 * times, as fast as it can, on one thread: a file under the root that has no image; one that has an
 * image, which is mounted meanwhile; and one outside the root, which the trace looks at and lets
 * pass. Each round does all of it without a daemon (the image then mounted beforehand) and with
 * one, so that the cost of being watched is a ratio. After each burst comes a first access.
 *
 * <p>The last is 20,000 opens under as many names that have no image: no window and no map can fold
 * these, and the trace may lose of them; it has no bar. The daemon has to survive it, say how many
 * it lost, and mount the next image.
 */
final class Burst implements Benchmark {
  private static final int DIFFERENT = 20_000;
  private static final String OUTSIDE = "outside the root";
  private static final String BARE = "under the root, without an image";
  private static final String WITH_IMAGE = "under the root, with an image";

  @Override
  public String name() {
    return "burst";
  }

  @Override
  public String about() {
    return """
    a million opens of one path: events lost, cost of an open, the next first access
        --opens N       opens in a burst (1000000)
        --rounds N      (5; quick: 1)
        --program P     trace.program (auto)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    int opens = options.number("opens", 1_000_000, 1_000_000);
    int rounds = options.number("rounds", 5, 1);
    String program = "trace.program=" + options.word("program", "auto");
    options.complete();
    Site site = new Site(workspace, "burst", 6 * rounds);
    Path outside = Files.writeString(workspace.folder().resolve("outside"), "nothing\n");
    Path bare = site.root().resolve("no-image/bin/tool");
    Files.createDirectories(bare.getParent());
    Files.writeString(bare, "the original\n");

    Path different = site.root().resolve("different-");
    for (int i = 0; i < DIFFERENT; i++) {
      Path folder = Files.createDirectory(Path.of(different.toString() + i));
      Files.createFile(folder.resolve("tool"));
    }

    Map<String, List<Double>> unwatched = new LinkedHashMap<>();
    Map<String, List<Double>> watched = new LinkedHashMap<>();
    List<Double> next = new ArrayList<>();
    List<Double> afterFlood = new ArrayList<>();
    long seen = 0;
    long lost = 0;
    long seenOfDifferent = 0;
    long lostOfDifferent = 0;
    for (int round = 0; round < rounds; round++) {
      Progress.show("burst: round ", round + 1, " of ", rounds, ", no daemon");
      String covered = site.take(1).get(0);
      burst(workspace, unwatched, OUTSIDE, outside, opens);
      burst(workspace, unwatched, BARE, bare, opens);
      workspace.c("floor", List.of(site.mount(covered)), "mount");
      burst(workspace, unwatched, WITH_IMAGE, site.file(covered), opens);
      workspace.unmount(List.of(site.target(covered)));

      Progress.show("burst: round ", round + 1, " of ", rounds, ", watched");
      Lazymount daemon = new Lazymount(workspace, site, program);
      report.fact("trace program", daemon.status().trace().program());
      final StatusReport.Events before = daemon.status().events();
      burst(workspace, watched, OUTSIDE, outside, opens);
      burst(workspace, watched, BARE, bare, opens);
      next.add(firstAccess(workspace, site));
      String used = site.take(1).get(0);
      burst(workspace, watched, WITH_IMAGE, site.file(used), opens);
      next.add(firstAccess(workspace, site));
      workspace.unmount(List.of(site.target(used)));
      final StatusReport.Events middle = settled(daemon);
      workspace.c("opener", List.of(), "flood", different.toString(), Integer.toString(DIFFERENT));
      afterFlood.add(firstAccess(workspace, site));
      StatusReport.Events after = settled(daemon);
      daemon.stop();

      seen += middle.seen() - before.seen();
      lost += middle.lost() - before.lost();
      seenOfDifferent += after.seen() - middle.seen();
      lostOfDifferent += after.lost() - middle.lost();
    }

    for (String where : unwatched.keySet()) {
      report
          .section("An open and close, " + where, "ns")
          .add("no daemon", Sample.of(unwatched.get(where)))
          .add("watched", Sample.of(watched.get(where)));
    }
    report
        .section("The next first access", "ms")
        .add("after a burst of one path", Sample.of(next))
        .add("after different names", Sample.of(afterFlood));
    report.count("opens of one path under the root while watched", 2L * opens * rounds);
    report.count("events printed for them and for 2 first accesses a round", seen);
    report.count("events lost of them", lost);
    report.count("opens under different names", (long) DIFFERENT * rounds);
    report.count("events printed for them and for 1 first access a round", seenOfDifferent);
    report.count("events lost of these", lostOfDifferent);
    report.atMost("events lost in bursts of one path", 0, Optional.of((double) lost));
  }

  private static void burst(
      Workspace workspace, Map<String, List<Double>> into, String where, Path file, int opens)
      throws IOException, InterruptedException {
    String count = Integer.toString(opens);
    String nanos = workspace.c("opener", List.of(), "burst", file.toString(), count).get(0);
    into.computeIfAbsent(where, w -> new ArrayList<>()).add(Double.parseDouble(nanos) / opens);
  }

  private static double firstAccess(Workspace workspace, Site site)
      throws IOException, InterruptedException {
    String name = site.take(1).get(0);
    String nanos = workspace.c("opener", List.of(site.access(name)), "access", "0", "0").get(0);
    workspace.unmount(List.of(site.target(name)));
    return Double.parseDouble(nanos) / 1e6;
  }

  /** The counters, when nothing is under way any more: they stay the same for two windows. */
  private static StatusReport.Events settled(Lazymount daemon)
      throws IOException, InterruptedException {
    StatusReport.Events last = daemon.status().events();
    while (true) {
      Thread.sleep(2000);
      StatusReport.Events now = daemon.status().events();
      if (now.equals(last)) {
        return now;
      }
      last = now;
    }
  }
}
