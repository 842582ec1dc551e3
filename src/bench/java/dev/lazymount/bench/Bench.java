package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The command line of the benchmarks: {@code ./dev bench NAME [--quick] [OPTIONS]}, as root; and
 * {@code ./dev bench all [--quick]}, which runs one after the other and prints the table of {@link
 * Peers}.
 *
 * <p>Prints Markdown and then JSON to standard output, progress to standard error, and leaves the
 * JSON in {@code target/bench/NAME.json}, and a chart, where there is one, in {@code NAME.csv} and
 * {@code NAME.svg} (a second one in {@code NAME-2}). Everything it made is removed at the end, also
 * after Ctrl-C. Exits with 0 once it has measured, whatever the figures: bars are reported and not
 * enforced.
 */
public final class Bench {
  private static final List<Benchmark> ALL =
      List.of(
          new FirstCompile(),
          new FirstAccess(),
          new Price(),
          new Storm(),
          new Start(),
          new Boot(),
          new Burst(),
          new OpenCost(),
          new Pipeline());

  private static boolean ending;
  private static Workspace current;

  private Bench() {}

  /** Runs one benchmark. */
  public static void main(String[] args) {
    List<String> words = List.of(args);
    if (words.isEmpty() || words.contains("--help") || words.contains("-h")) {
      System.out.print(help());
      System.exit(words.isEmpty() ? 2 : 0);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(Bench::end, "clean-up"));
    if (words.get(0).equals("all")) {
      System.exit(runAll(words.subList(1, words.size())));
    }
    Optional<Benchmark> chosen =
        ALL.stream().filter(benchmark -> benchmark.name().equals(words.get(0))).findFirst();
    if (chosen.isEmpty()) {
      System.err.println("bench: there is no benchmark " + words.get(0));
      System.err.print(help());
      System.exit(2);
    }
    System.exit(run(chosen.get(), words.subList(1, words.size()), new LinkedHashMap<>()));
  }

  /** One after the other; goes on after one that failed. The only option is --quick. */
  private static int runAll(List<String> words) {
    if (!words.isEmpty() && !words.equals(List.of("--quick"))) {
      System.err.println("bench: all takes only --quick; ./dev bench --help lists the options");
      return 2;
    }
    Map<String, Report> reports = new LinkedHashMap<>();
    int worst = 0;
    for (Benchmark benchmark : ALL) {
      Progress.show(
          "all: ", benchmark.name(), ", ", ALL.indexOf(benchmark) + 1, " of ", ALL.size());
      worst = Math.max(worst, run(benchmark, words, reports));
      if (isEnding()) {
        return 1;
      }
    }
    try {
      String table = Peers.markdown(reports);
      System.out.println(table);
      Files.writeString(Path.of("target", "bench", "peers.md"), table);
    } catch (IOException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    }
    return worst;
  }

  /** Runs one, and adds its report if it did not fail. */
  private static int run(Benchmark benchmark, List<String> words, Map<String, Report> reports) {
    try {
      Options options = new Options(words);
      String command = String.join(" ", benchmark.name(), String.join(" ", words)).strip();
      Report report = new Report(benchmark.name(), "./dev bench " + command, Host.describe());
      try (Workspace workspace = workspace()) {
        benchmark.run(options, workspace, report);
      }
      print(benchmark, report);
      reports.put(benchmark.name(), report);
      return 0;
    } catch (Options.Invalid e) {
      System.err.println("bench: " + e.getMessage() + "; ./dev bench --help lists the options");
      return 2;
    } catch (IOException e) {
      System.err.println("bench: " + e.getMessage());
      return 1;
    } catch (RuntimeException e) {
      // The other benchmarks go on.
      Progress.show("bench: ", benchmark.name(), " failed");
      e.printStackTrace();
      return 1;
    } catch (InterruptedException e) {
      return 1;
    }
  }

  /** A new one, unless the JVM is ending. */
  private static synchronized Workspace workspace() throws IOException, InterruptedException {
    if (ending) {
      throw new InterruptedException("the benchmark is ending");
    }
    current = new Workspace(Path.of("/var/tmp"), Path.of("src/bench"));
    return current;
  }

  private static synchronized boolean isEnding() {
    return ending;
  }

  /** The end of the JVM, also by Ctrl-C: undoes what the current benchmark has made. */
  private static void end() {
    Workspace last;
    synchronized (Bench.class) {
      ending = true;
      last = current;
    }
    if (last != null) {
      last.close();
    }
  }

  private static void print(Benchmark benchmark, Report report)
      throws IOException, InterruptedException {
    System.out.println(report.markdown());
    System.out.println("```json\n" + report.json() + "\n```");
    Path file = Path.of("target", "bench", benchmark.name() + ".json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, report.json() + "\n");
    for (int i = 0; i < report.charts().size(); i++) {
      String number = i == 0 ? "" : "-" + (i + 1);
      report.charts().get(i).write(file.resolveSibling(benchmark.name() + number));
    }
  }

  private static String help() {
    StringBuilder text = new StringBuilder("usage: ./dev bench NAME [--quick] [OPTIONS]\n\n");
    text.append(
        "  all: every one of these, in an hour or two (quick: half of that); and the table of"
            + " peers\n\n");
    ALL.forEach(
        benchmark ->
            text.append("  ")
                .append(benchmark.name())
                .append(": ")
                .append(benchmark.about().indent(2).strip())
                .append("\n\n"));
    return text.toString();
  }
}
