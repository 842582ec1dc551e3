package dev.lazymount.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many lines a second get from what bpftrace prints to the actors of the images.
 *
 * <pre>
 * ./dev bench pipeline            2,000,000 lines, 2 times for warming up and then 5 times
 * ./dev bench pipeline --quick    500,000 lines, 1 and 3 times
 * </pre>
 *
 * <p>Workload: a file of lines as the trace program prints them, in place of bpftrace's output. Of
 * the paths 60 of 100 lie in one of 800 compilers right below the root, 20 in one of 200 two or
 * three folders down, and 20 below names that have no image; they are 50 to 130 characters long.
 * The stream, the parser, the router and the actors of the images are the daemon's; the
 * de-duplication is off, and mounting does nothing. A run ends when the last line's image is
 * mounted, an image that no other line leads to. Beside it, the same file in a naive stream:
 * framed, one string and one message per line, to one actor that looks up the name and forwards it
 * to the actor of that name.
 *
 * <p>Every kind runs in a JVM of its own ({@link PipelineRun}), with the launcher's flags and with
 * the JVM's defaults.
 */
final class Pipeline implements Benchmark {
  private static final int LINES_A_SECOND = 1_000_000;

  /** The image of the last line and of no other. */
  static final String LAST = "the-last";

  /** As the launcher (src/main/launcher/lazymount) starts {@code lazymount run}, heap apart. */
  private static final List<String> LAUNCHER =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms8m",
          "-Xss512k",
          "-XX:TieredStopAtLevel=1",
          "-XX:CompileThresholdScaling=0.1",
          "-XX:-UsePerfData");

  private static final List<String> FILES =
      List.of(
          "bin/x86_64-linux-gnu-g++",
          "lib/gcc/x86_64-linux-gnu/14.2.0/cc1plus",
          "lib/gcc/x86_64-linux-gnu/14.2.0/include/stddef.h",
          "include/c++/14.2.0/bits/stl_algobase.h",
          "include/c++/14.2.0/x86_64-linux-gnu/bits/c++config.h",
          "lib64/libstdc++.so.6.0.33",
          "x86_64-linux-gnu/sysroot/usr/include/bits/types.h");

  @Override
  public String name() {
    return "pipeline";
  }

  @Override
  public String about() {
    return """
    lines a second from the trace's output to the actors, beside one message per line
        --lines N       lines in the file (2000000; quick: 500000)
        --runs N        measured runs of each kind (5; quick: 3)
        --warm N        runs before those (2; quick: 1)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    final int lines = options.number("lines", 2_000_000, 500_000);
    final int runs = options.number("runs", 5, 3);
    final int warm = options.number("warm", 2, 1);
    options.complete();
    Progress.show("pipeline: writing ", lines, " lines");
    Path file = workspace.folder().resolve("lines");
    write(file, lines);
    report.fact("file", lines + " lines, " + Files.size(file) / 1_000_000 + " MB");

    Map<String, List<String>> flags = new LinkedHashMap<>();
    flags.put("the launcher's flags", LAUNCHER);
    flags.put("the JVM's defaults", List.of());
    for (Map.Entry<String, List<String>> entry : flags.entrySet()) {
      Map<String, Sample> samples = new LinkedHashMap<>();
      for (String kind : List.of(PipelineRun.NAIVE, PipelineRun.OURS)) {
        Progress.show("pipeline: ", kind, ", ", entry.getKey());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(entry.getValue());
        if (!entry.getValue().isEmpty()) {
          // The naive mailbox has no bound.
          command.add(kind.equals(PipelineRun.OURS) ? "-Xmx64m" : "-Xmx1g");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(PipelineRun.class.getName(), kind, file.toString()));
        command.addAll(List.of(Integer.toString(warm), Integer.toString(runs)));
        List<Double> rates =
            workspace.run(command, List.of()).stream()
                .map(nanos -> lines / (Double.parseDouble(nanos) / 1e9))
                .toList();
        samples.put(kind, Sample.of(rates));
      }
      Report.Section section = report.section("With " + entry.getKey(), "lines/s");
      samples.forEach(section::add);
      report.atLeast(
          "lines a second with " + entry.getKey(),
          LINES_A_SECOND,
          Optional.of(samples.get(PipelineRun.OURS).median()));
    }
  }

  /** The names that have an image. */
  static List<String> names() {
    return Stream.concat(IntStream.range(0, 1000).mapToObj(Pipeline::name), Stream.of(LAST))
        .toList();
  }

  private static String name(int number) {
    if (number < 800) {
      return (number % 2 == 0 ? "gcc-" : "clang-") + number / 50 + "." + number % 50 + ".0";
    }
    return number % 2 == 0
        ? "arm64/gcc-" + number / 50 + "." + number % 50 + ".0"
        : "libs/boost/1_" + number + "_0";
  }

  private static void write(Path file, int lines) throws IOException {
    Random random = new Random(1);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write(line(PipelineRun.CANARY + PipelineRun.TOKEN, "canary", 1));
      for (int i = 2; i < lines; i++) {
        int chance = random.nextInt(100);
        String name =
            chance >= 80
                ? "no-image-" + random.nextInt(5000)
                : name(chance < 60 ? random.nextInt(800) : 800 + random.nextInt(200));
        String path = PipelineRun.ROOT + "/" + name + "/" + FILES.get(random.nextInt(FILES.size()));
        out.write(line(path, "cc1plus", 1000 + random.nextInt(30_000)));
      }
      out.write(line(PipelineRun.ROOT + "/" + LAST + "/bin/cc", "sh", 1));
    }
  }

  private static String line(String path, String comm, int pid) {
    String mark = PipelineRun.MARK;
    return mark + " " + pid + " openat " + path + "\t" + comm + "\t" + mark + "\n";
  }
}
