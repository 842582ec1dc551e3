package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * All images at once: until 2,000 are mounted.
 *
 * <pre>
 * ./dev bench storm            2,000 names, 3 rounds
 * ./dev bench storm --quick    200 names, 1 round
 * </pre>
 *
 * <p>Workload: {@code --touchers} processes (src/bench/c/storm.c) open one file under each name, as
 * fast as they can, each its share of the names; the time from their start until every name's
 * directory is the root of a mount counts. Images are of 72 KiB, on a local disk, in the page
 * cache. Beside it, without any access, from the start of the first process to the end of the last:
 *
 * <ul>
 *   <li>{@code lazymount mount --all} without a daemon, a JVM started for it;
 *   <li>mount(8), four at a time by xargs;
 *   <li>the floor: direct system calls from C, in one process and in four.
 * </ul>
 *
 * <p>They take turns, in another order every round, and after each everything is unmounted and the
 * loop devices are removed, so that all begin with none. The daemon was started before, and its
 * memory is read after each of its storms.
 */
final class Storm implements Benchmark {
  private static final String DAEMON = "accesses, and a daemon";
  private static final String COMMAND = "lazymount mount --all";
  private static final String MOUNT_8 = "xargs -P4 mount";
  private static final String FLOOR_1 = "direct calls in C";
  private static final String FLOOR_4 = "direct calls in C, 4 processes";
  private static final int PARALLEL = 4;
  private static final int FULL = 2000;

  @Override
  public String name() {
    return "storm";
  }

  @Override
  public String about() {
    return """
    until all images are mounted, beside mount --all, mount(8) and direct system calls
        --names N       how many images (2000; quick: 200)
        --rounds N      (3; quick: 1)
        --touchers N    processes that open files (4)
        --concurrency N mount.concurrency (4)
        --program P     trace.program (auto)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final int size = options.number("names", FULL, 200);
    final int rounds = options.number("rounds", 3, 1);
    final int touchers = options.number("touchers", 4, 4);
    final String concurrency = "mount.concurrency=" + options.number("concurrency", 4, 4);
    final String program = "trace.program=" + options.word("program", "auto");
    options.complete();
    Progress.show("storm: making images");
    Site stormed = new Site(workspace, "storm", size);
    Site direct = new Site(workspace, "direct", size);
    List<String> names = new ArrayList<>(stormed.take(size));
    Map<String, List<Double>> seconds = new LinkedHashMap<>();
    List<String> order = new ArrayList<>(List.of(DAEMON, COMMAND, FLOOR_4, FLOOR_1, MOUNT_8));
    order.forEach(what -> seconds.put(what, new ArrayList<>()));
    // The daemon learns of an unmount by its scans, and an access to what it takes for mounted is
    // none: so each storm has a daemon of its own.
    long memory = 0;
    for (int round = 0; round < rounds; round++) {
      Collections.shuffle(names, new Random(round));
      for (String what : order) {
        Progress.show("storm: round ", round + 1, " of ", rounds, ", ", what);
        Site site = what.equals(DAEMON) ? stormed : direct;
        if (what.equals(DAEMON)) {
          Lazymount daemon = new Lazymount(workspace, site, program, concurrency, "warm.max=0");
          seconds.get(what).add(storm(workspace, site, names, touchers));
          memory = Math.max(memory, daemon.residentKilobytes());
          daemon.stop();
        } else {
          seconds.get(what).add(seconds(workspace, site, names, what, concurrency));
        }
        workspace.unmount(names.stream().map(site::target).toList());
      }
      Collections.rotate(order, 1);
    }
    Report.Section section =
        report.section(String.format("%,d images, until all are mounted", size), "s");
    seconds.forEach((what, values) -> section.add(what, Sample.of(values)));
    report.count("resident memory of the daemon after a storm, KiB, at most", memory);
    Optional<Double> measured =
        size == FULL ? Optional.of(Sample.of(seconds.get(DAEMON)).median()) : Optional.empty();
    report.atMost("2,000 names touched by four processes, s", 4, measured);
  }

  private static double storm(Workspace workspace, Site site, List<String> names, int touchers)
      throws IOException, InterruptedException {
    List<String> input = names.stream().map(site::access).toList();
    String nanos = workspace.c("storm", input, Integer.toString(touchers)).get(0);
    return Long.parseLong(nanos) / 1e9;
  }

  private static double seconds(
      Workspace workspace, Site site, List<String> names, String what, String concurrency)
      throws IOException, InterruptedException {
    List<String> mounts = names.stream().map(site::mount).toList();
    List<String> command =
        switch (what) {
          case COMMAND -> Lazymount.command("mount", List.of("--all"), site, concurrency);
          case MOUNT_8 ->
              List.of(
                  "xargs",
                  "-d",
                  "\n",
                  "-n",
                  "2",
                  "-P",
                  "4",
                  "mount",
                  "-t",
                  "squashfs",
                  "-o",
                  "loop,ro");
          default ->
              List.of("sh", "-c", floors(workspace, mounts, what.equals(FLOOR_4) ? PARALLEL : 1));
        };
    List<String> input =
        what.equals(MOUNT_8)
            ? mounts.stream().flatMap(line -> List.of(line.split("\t", -1)).stream()).toList()
            : List.of();
    long start = System.nanoTime();
    workspace.run(command, input);
    return (System.nanoTime() - start) / 1e9;
  }

  /** A shell command that runs the floor, so many processes with a share of the mounts each. */
  private static String floors(Workspace workspace, List<String> mounts, int processes)
      throws IOException {
    StringBuilder script = new StringBuilder();
    for (int i = 0; i < processes; i++) {
      int share = i;
      List<String> part = new ArrayList<>();
      for (int j = share; j < mounts.size(); j += processes) {
        part.add(mounts.get(j));
      }
      Path list = Files.createTempFile(workspace.folder(), "share-", ".list");
      Files.write(list, part);
      script.append(workspace.program("floor")).append(" mount <").append(list).append(" & ");
    }
    return script.append("wait").toString();
  }
}
