package dev.lazymount.bench;

import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From the first access to the mount, warm.
 *
 * <pre>
 * ./dev bench first-access                     300 names; 0, 500, 1,000, 2,000 and 4,000 others
 *                                              mounted; also a chart
 * ./dev bench first-access --present 0,2000    those two alone
 * ./dev bench first-access --quick             40 names; 0 and 200; about a minute
 * </pre>
 *
 * <p>Workload: a process opens a file by its absolute path under a name that has not been used yet,
 * and the time from before the open(2) until the name's directory is the root of a mount counts
 * (src/bench/c/opener.c says how that is seen). Between two names it sleeps 2 to 10 ms. Images are
 * of 72 KiB, on a local disk, in the page cache. Beside lazymount:
 *
 * <ul>
 *   <li>a Python daemon on bpftrace's output that runs mount(8), timed by the same opener;
 *   <li>mount(8) alone, from before the fork to its end, without an open;
 *   <li>the floor: the same mount with direct system calls from a C program, without an open.
 * </ul>
 *
 * <p>Each has a root and images of its own. They take turns in blocks of ten names, in another
 * order every round, and what a block mounted is unmounted after it, so that the number of mounts
 * present stays what it says to within ten. The loop devices it used are removed, so that with
 * 2,000 others every mount waits for a new device, as on a node. Both daemons run all the time:
 * each system's accesses pass the other's trace too. Both have mounted as many names before as
 * {@code --warm} says.
 *
 * <p>The rows "of which" are what lazymount itself knows of the same accesses: how long the
 * mounter's work took (status), and the time from the event's arrival in the JVM to the end of the
 * mount (log), which has one more change of threads in it than the opener waits for.
 *
 * <p>The canary is an access of the daemon's own that leads to no mount: openat(2) to actor and
 * back, the event alone. Its daemon sends ten a second.
 */
final class FirstAccess implements Benchmark {
  private static final int BLOCK = 10;
  private static final int MIN_PAUSE_MICROS = 2000;
  private static final int MAX_PAUSE_MICROS = 10_000;
  private static final int FULL = 2000;
  private static final List<Integer> LEVELS = List.of(0, 500, 1000, FULL, 4000);

  private static final String LAZYMOUNT = "lazymount";
  private static final String PYTHON = "Python and mount(8)";

  private static final Pattern MOUNTED =
      Pattern.compile("(\\S+): mounted from \\S+ in \\S+ ms, (\\S+) ms after the access");

  /** One of the systems that are compared. */
  private record Contender(String name, Site site, String program, List<String> words) {
    /** Milliseconds, for each name. */
    List<Double> mount(Workspace workspace, List<String> names)
        throws IOException, InterruptedException {
      boolean opens = program.equals("opener");
      List<String> input = names.stream().map(opens ? site::access : site::mount).toList();
      List<Double> millis =
          workspace.c(program, input, words.toArray(String[]::new)).stream()
              .map(nanos -> Long.parseLong(nanos) / 1e6)
              .toList();
      // A daemon may have something to do yet when the mount is there already.
      Thread.sleep(20);
      workspace.unmount(names.stream().map(site::target).toList());
      return millis;
    }
  }

  @Override
  public String name() {
    return "first-access";
  }

  @Override
  public String about() {
    return """
    first access to mount, beside mount(8) and direct system calls
        --names N       names for each system and number of mounts present (300; quick: 40)
        --present N,..  how many others are mounted (0,500,1000,2000,4000; quick: 0,200)
        --warm N        names that each daemon mounts before (40)
        --canaries N    event round trips (100; quick: 30)
        --program P     trace.program (auto)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final int names = Math.max(BLOCK, options.number("names", 300, 40) / BLOCK * BLOCK);
    final int warm = options.number("warm", 40, 40);
    final int canaries = options.number("canaries", 100, 30);
    final List<Integer> levels =
        options.numbers("present", LEVELS, List.of(0, 200)).stream().sorted().toList();
    final String program = options.word("program", "auto");
    options.complete();

    Progress.show("first-access: making images");
    int size = warm + names * levels.size();
    List<String> access =
        List.of("access", Integer.toString(MIN_PAUSE_MICROS), Integer.toString(MAX_PAUSE_MICROS));
    List<Contender> systems =
        List.of(
            new Contender(LAZYMOUNT, new Site(workspace, "lazymount", size), "opener", access),
            new Contender(PYTHON, new Site(workspace, "python", size), "opener", access),
            new Contender(
                "mount(8) alone", new Site(workspace, "mount", size), "floor", List.of("exec")),
            new Contender(
                "direct calls in C",
                new Site(workspace, "floor", size),
                "floor",
                List.of("mount")));
    Site present = new Site(workspace, "present", levels.get(levels.size() - 1));

    Progress.show("first-access: starting the daemons");
    Lazymount daemon = new Lazymount(workspace, systems.get(0).site(), "trace.program=" + program);
    report.fact("trace program", daemon.status().trace().program());
    startPython(workspace, systems.get(1).site());
    for (Contender system : systems) {
      Progress.show("first-access: warming up ", system.name());
      if (warm > 0) {
        system.mount(workspace, system.site().take(warm));
      }
    }

    Map<Integer, Map<String, Sample>> samples = new LinkedHashMap<>();
    int mounted = 0;
    for (int level : levels) {
      Progress.show("first-access: mounting ", level - mounted, " others");
      List<String> others = present.take(level - mounted).stream().map(present::mount).toList();
      workspace.c("floor", others, "mount");
      mounted = level;
      samples.put(level, measure(workspace, daemon, systems, level, names, report));
    }

    Progress.show("first-access: canaries");
    report
        .section("An event alone", "ms, openat(2) to actor")
        .add("canary", canaries(workspace, canaries, program));
    Chart chart = new Chart("First access to mount", "others mounted", "ms, p50");
    samples.forEach(
        (level, systemsSamples) ->
            systemsSamples.forEach((what, sample) -> chart.add(what, level, sample.median())));
    report.chart(chart);
    bars(report, samples);
  }

  private static Map<String, Sample> measure(
      Workspace workspace,
      Lazymount daemon,
      List<Contender> systems,
      int level,
      int names,
      Report report)
      throws IOException, InterruptedException {
    Map<String, List<Double>> millis = new LinkedHashMap<>();
    systems.forEach(system -> millis.put(system.name(), new ArrayList<>()));
    Map<String, Double> ours = new LinkedHashMap<>();
    int rounds = names / BLOCK;
    for (int round = 0; round < rounds; round++) {
      Progress.show("first-access: ", level, " present, round ", round + 1, " of ", rounds);
      List<Contender> order = new ArrayList<>(systems);
      Collections.rotate(order, round);
      for (Contender system : order) {
        List<String> block = system.site().take(BLOCK);
        List<Double> measured = system.mount(workspace, block);
        millis.get(system.name()).addAll(measured);
        for (int i = 0; system.name().equals(LAZYMOUNT) && i < BLOCK; i++) {
          ours.put(block.get(i), measured.get(i));
        }
      }
    }

    Map<String, Sample> samples = new LinkedHashMap<>();
    millis.forEach((system, values) -> samples.put(system, Sample.of(values)));
    String title = String.format(Locale.ROOT, "First access to mount, %,d others mounted", level);
    Report.Section section = report.section(title, "ms");
    samples.forEach(section::add);
    ofWhich(daemon, ours, section);
    return samples;
  }

  /** What the daemon knows of these accesses. */
  private static void ofWhich(Lazymount daemon, Map<String, Double> ours, Report.Section section)
      throws IOException {
    Map<String, Double> inMounter = new HashMap<>();
    for (StatusReport.Mount mount : daemon.status().mounts()) {
      if (ours.containsKey(mount.name()) && mount.mountMillis() != null) {
        inMounter.put(mount.name(), mount.mountMillis());
      }
    }
    Map<String, Double> inDaemon = new HashMap<>();
    for (String line : daemon.log()) {
      Matcher mounted = MOUNTED.matcher(line);
      if (mounted.find() && ours.containsKey(mounted.group(1))) {
        inDaemon.put(mounted.group(1), Double.parseDouble(mounted.group(2)));
      }
    }
    if (inMounter.isEmpty() || inDaemon.isEmpty()) {
      // Its words have changed; the rows above do not depend on them.
      return;
    }
    section.add("of which lazymount, event read to mounted", Sample.of(inDaemon.values()));
    section.add("of which its mounter", Sample.of(inMounter.values()));
  }

  private static void startPython(Workspace workspace, Site site)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(workspace.folder(), "python-", ".log");
    String program = workspace.source("python/mountd.py").toString();
    Process process =
        workspace.start(
            List.of("python3", program, site.root().toString(), site.images().toString()), log);
    for (int i = 0; !Files.readString(log).contains("ready"); i++) {
      if (!process.isAlive() || i == 1200) {
        throw new IOException("the Python daemon does not get ready: " + Files.readString(log));
      }
      Thread.sleep(50);
    }
  }

  private static Sample canaries(Workspace workspace, int count, String program)
      throws IOException, InterruptedException {
    Lazymount daemon =
        new Lazymount(
            workspace,
            new Site(workspace, "canary", 0),
            "trace.canary=100ms",
            "trace.program=" + program);
    List<Double> millis = new ArrayList<>();
    while (millis.size() < count) {
      Thread.sleep(110);
      Double canary = daemon.status().trace().canaryMillis();
      if (canary != null) {
        millis.add(canary);
      }
    }
    daemon.stop();
    return Sample.of(millis);
  }

  private static void bars(Report report, Map<Integer, Map<String, Sample>> samples) {
    Optional<Map<String, Sample>> none = Optional.ofNullable(samples.get(0));
    Optional<Map<String, Sample>> full = Optional.ofNullable(samples.get(FULL));
    report.atMost("p50 with nothing else mounted, ms", 2, none.map(s -> s.get(LAZYMOUNT).median()));
    report.atMost("p50 with 2,000 mounted, ms", 3, full.map(s -> s.get(LAZYMOUNT).median()));
    report.atLeast(
        "times faster than Python and mount(8), 2,000 mounted",
        20,
        full.map(s -> s.get(PYTHON).median() / s.get(LAZYMOUNT).median()));
  }
}
