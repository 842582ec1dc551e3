package dev.lazymount.bench;

import dev.lazymount.bench.Storage.Load;
import dev.lazymount.bench.Storage.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a user waits for: the first compile of a compiler on cold storage, in each way that its
 * files can be provided.
 *
 * <pre>
 * ./dev bench first-compile                tcc and g++ on three storages, 3 rounds; in sandboxes;
 *                                          2,000 compilers of which 11 are used; about 20 minutes
 * ./dev bench first-compile --compilers g++,clang++,rustc,go --profiles efs --sandboxes 0 --mix 0
 * ./dev bench first-compile --quick        g++ on efs, 2 rounds; three minutes
 * </pre>
 *
 * <p>Workload: a {@link Compiler} made from Debian packages, once as a directory and once as a
 * squashfs image of that (zstd, blocks of 128 KiB), both on the same {@link Storage}. All caches
 * are dropped, and an unprivileged user compiles one small program with the usual headers. The time
 * from before the compiler's process is made to its end counts.
 *
 * <ul>
 *   <li><b>original directory</b>: without an image
 *   <li><b>mount(8) at boot</b>: the image is mounted before
 *   <li><b>autofs</b>, <b>systemd .automount</b>: mounted at the first access, which waits; in a
 *       {@link CompileMachine}
 *   <li><b>lazymount</b>: a daemon that has mounted ten other images before; it runs for its turn
 *       alone
 *   <li><b>lazymount + read-ahead</b>: the same, with what earlier compiles have used read ahead
 *   <li><b>lazymount + warm list</b>: mounted and read ahead by the start of the daemon, before the
 *       compile
 *   <li><b>warm</b>: the second compile from a mounted image. Nothing can be faster
 * </ul>
 *
 * <p>The ways take turns, in another order every round. What the storage was asked for is counted.
 * {@link Sandboxes} and {@link Mix} are two more workloads with the same compilers.
 */
final class FirstCompile implements Benchmark {
  /** How a compiler is provided. */
  enum Way {
    ORIGINAL("original directory"),
    MOUNT("mount(8) at boot"),
    AUTOFS("autofs"),
    AUTOMOUNT("systemd .automount"),
    LAZYMOUNT("lazymount"),
    AHEAD("lazymount + read-ahead"),
    WARM_LIST("lazymount + warm list"),
    WARM("warm: the second compile");

    private final String title;

    Way(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }

    String option() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static List<Way> named(String options) throws IOException {
      try {
        return Arrays.stream(options.split(",", -1))
            .map(option -> valueOf(option.toUpperCase(Locale.ROOT).replace('-', '_')))
            .sorted()
            .toList();
      } catch (IllegalArgumentException e) {
        throw new IOException("there is no such way: " + options, e);
      }
    }
  }

  private record Outcome(double millis, Load load) {}

  /** Outcomes of one compiler on one storage. */
  private static final class Outcomes {
    private final Map<Way, List<Outcome>> all = new EnumMap<>(Way.class);

    private void add(Way way, Outcome outcome) {
      all.computeIfAbsent(way, w -> new ArrayList<>()).add(outcome);
    }

    private Sample millis(Way way) {
      return Sample.of(all.get(way).stream().map(Outcome::millis).toList());
    }

    private Optional<Double> ratio(Way way, Way to) {
      return all.containsKey(way) && all.containsKey(to)
          ? Optional.of(millis(way).median() / millis(to).median())
          : Optional.empty();
    }
  }

  @Override
  public String name() {
    return "first-compile";
  }

  @Override
  public String about() {
    return """
    the first compile on cold storage, by real compilers, in each way that their files can be provided
        --compilers C,..  of tcc,gcc,g++,clang++,rustc,go (tcc,g++; quick: g++); the last is charted
        --profiles P,..   of local,efs,slow: storages (all; quick: efs)
        --rounds N        (3; quick: 2)
        --only WAYS       of original,mount,autofs,automount,lazymount,ahead,warm-list,warm (all)
        --sandboxes N,..  images mounted beside, each compile in a slave mount namespace (16,200,2000;
                          quick: 16,200); 0: leave out
        --mix S           seconds of 11 compilers of 2,000 in use (60; quick: 10); 0: leave out
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final boolean quick = options.quick();
    final List<Compiler> compilers =
        Compiler.named(options.word("compilers", quick ? "g++" : "tcc,g++"));
    final List<Profile> profiles =
        Profile.named(options.word("profiles", quick ? "efs" : "local,efs,slow"));
    final int rounds = options.number("rounds", 3, 2);
    final String only = options.word("only", "");
    final List<Integer> sandboxes =
        options.numbers("sandboxes", List.of(16, 200, 2000), List.of(16, 200));
    final int mix = options.number("mix", 60, 10);
    options.complete();

    List<Way> ways = new ArrayList<>(only.isEmpty() ? List.of(Way.values()) : Way.named(only));
    ways.removeIf(way -> cannotRun(way, report));
    workspace.compile("latency", "-I/usr/include/fuse3", "-lfuse3", "-lpthread");
    final Compiles compiles = new Compiles(workspace);
    final CompileMachine.Factory machines = new CompileMachine.Factory(workspace);
    for (Compiler compiler : compilers) {
      Progress.show("first-compile: packages of ", compiler.title());
      Path folder = compiler.prepare(workspace);
      report.fact(
          compiler.title(),
          String.format(
              Locale.ROOT, "image of %,d KiB", Files.size(folder.resolve("image.img")) / 1024));
    }

    // A chart of one compiler: all of them have too many bars.
    Compiler charted = compilers.get(compilers.size() - 1);
    Chart chart =
        new Chart("First compile by " + charted.title() + " on cold storage", "", "ms, p50");
    Map<Profile, Map<Compiler, Outcomes>> outcomes = new LinkedHashMap<>();
    for (Profile profile : profiles) {
      Map<Compiler, Outcomes> here =
          measure(workspace, compiles, machines, profile, compilers, ways, rounds);
      outcomes.put(profile, here);
      here.forEach((compiler, all) -> table(report, profile, compiler, all));
      here.get(charted)
          .all
          .keySet()
          .forEach(
              way -> chart.bar(way.title, profile.title(), here.get(charted).millis(way).median()));
    }
    report.chart(chart);
    if (!sandboxes.contains(0)) {
      new Sandboxes(workspace, compiles, report).measure(compilers, sandboxes, rounds);
    }
    if (mix > 0) {
      new Mix(workspace, compiles, report).measure(compilers, mix, quick);
    }
    bars(report, outcomes);
  }

  /** Says so when a way is not possible here. */
  private static boolean cannotRun(Way way, Report report) {
    Optional<String> why =
        switch (way) {
          case AUTOFS, AUTOMOUNT ->
              System.getProperty("lazymount.tree", "").isEmpty()
                  ? Optional.of("no tree of Debian 12, for a systemd as PID 1")
                  : Optional.empty();
          case AHEAD, WARM_LIST ->
              CompileTurn.canReadAhead()
                  ? Optional.empty()
                  : Optional.of("this lazymount has no setting " + CompileTurn.READ_AHEAD);
          default -> Optional.empty();
        };
    why.ifPresent(
        reason -> {
          Progress.show("first-compile: without ", way.title, ": ", reason);
          report.fact("left out: " + way.title, reason);
        });
    return why.isPresent();
  }

  private static Map<Compiler, Outcomes> measure(
      Workspace workspace,
      Compiles compiles,
      CompileMachine.Factory machines,
      Profile profile,
      List<Compiler> compilers,
      List<Way> ways,
      int rounds)
      throws IOException, InterruptedException {
    Progress.show("first-compile: storage ", profile.title());
    Map<Compiler, Outcomes> outcomes = new EnumMap<>(Compiler.class);
    compilers.forEach(compiler -> outcomes.put(compiler, new Outcomes()));
    try (Storage storage = new Storage(workspace, profile.title(), profile == Profile.LOCAL)) {
      Map<Way, Site> sites = CompileTurn.sites(storage, ways, compilers);
      storage.serve(profile);
      CompileTurn turn = new CompileTurn(workspace, compiles, storage, machines, false);
      for (Way way : ways) {
        turn.learn(way, sites.get(way), compilers);
      }
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < ways.size(); i++) {
          Way way = ways.get((i + round) % ways.size());
          Progress.show("first-compile: ", profile.title(), ", round ", round + 1, ", ", way.title);
          turn.take(
              way,
              sites.get(way),
              compilers,
              (compiler, millis, load) ->
                  outcomes.get(compiler).add(way, new Outcome(millis, load)));
        }
      }
      workspace.unmount(List.of());
    }
    return outcomes;
  }

  private static void table(Report report, Profile profile, Compiler compiler, Outcomes outcomes) {
    String what = compiler.title() + ", " + profile.title();
    Report.Section section = report.section("First compile, " + what, "ms");
    outcomes.all.forEach(
        (way, all) -> {
          section.add(way.title, outcomes.millis(way));
          Load load = all.get(all.size() - 1).load();
          if (load.reads() > 0) {
            report.count(what + ", " + way.title + ": metadata calls", load.metadata());
            report.count(what + ", " + way.title + ": reads", load.reads());
            report.count(what + ", " + way.title + ": KiB read", load.bytes() / 1024);
          }
        });
  }

  private static void bars(Report report, Map<Profile, Map<Compiler, Outcomes>> outcomes) {
    outcomes.forEach(
        (profile, compilers) ->
            compilers.forEach(
                (compiler, all) -> {
                  String what = ", " + compiler.title() + ", " + profile.title();
                  report.atMost(
                      "reading ahead, times lazymount without" + what,
                      profile == Profile.LOCAL ? 1.03 : 0.8,
                      all.ratio(Way.AHEAD, Way.LAZYMOUNT));
                  report.atMost(
                      "warm list, times the warm compile" + what,
                      1.1,
                      all.ratio(Way.WARM_LIST, Way.WARM));
                }));
  }
}
