package dev.lazymount.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One table of lazymount and its peers, from the reports of one run of all benchmarks. A field
 * whose measurement is missing is empty.
 */
final class Peers {
  private static final List<String> COLUMNS =
      List.of(
          "lazymount",
          "no image",
          "mount(8) for all at boot",
          "autofs",
          "systemd .automount",
          "script on bpftrace and mount(8)");

  /** What each column is called in a section of a report; empty where it is not measured. */
  private record Row(
      String question, String benchmark, String section, List<String> names, boolean relative) {}

  private static final String COMPILE = "First compile, g++, ";
  private static final List<String> COMPILE_NAMES =
      List.of(
          FirstCompile.Way.LAZYMOUNT.title(),
          FirstCompile.Way.ORIGINAL.title(),
          FirstCompile.Way.MOUNT.title(),
          FirstCompile.Way.AUTOFS.title(),
          FirstCompile.Way.AUTOMOUNT.title(),
          "");
  private static final List<String> BOOT_NAMES =
      List.of(
          "lazymount",
          "no image at all",
          "mount(8) for all, 16 in parallel",
          "autofs",
          "systemd .automount for each",
          "");
  private static final List<String> ACCESS_NAMES =
      List.of("lazymount", "", "mount(8) alone", "", "", "Python and mount(8)");

  private static final List<Row> ROWS =
      List.of(
          new Row(
              "first compile, g++, efs, ms",
              "first-compile",
              COMPILE + "efs",
              COMPILE_NAMES,
              false),
          new Row(
              "first compile, g++, slow, ms",
              "first-compile",
              COMPILE + "slow",
              COMPILE_NAMES,
              false),
          new Row(
              "first access to mount, nothing else mounted, ms",
              "first-access",
              "First access to mount, 0 ",
              ACCESS_NAMES,
              false),
          new Row(
              "first access to mount, 2,000 others mounted, ms",
              "first-access",
              "First access to mount, 2,000 ",
              ACCESS_NAMES,
              false),
          new Row(
              "2,000 images until all are mounted, s",
              "storm",
              "2,000 images",
              List.of("accesses, and a daemon", "", "xargs -P4 mount", "", "", ""),
              false),
          new Row("boot with 2,000 images, s", "boot", "systemd's start", BOOT_NAMES, false),
          new Row("CPU time of PID 1 in that boot, s", "boot", "CPU of PID 1", BOOT_NAMES, false),
          new Row(
              "jailed process, 16 of 2,000 images in use, ms",
              "price",
              "a jailed process",
              List.of("16", "0", "2,000", "", "", ""),
              false),
          new Row(
              "open and close outside the root, times untraced",
              "trace",
              "An open and close outside the root, on the same",
              List.of("resolved", "not traced", "not traced", "", "", "the first program"),
              true));

  private Peers() {}

  /**
   * The table.
   *
   * @param reports by the name of the benchmark
   */
  static String markdown(Map<String, Report> reports) {
    StringBuilder text = new StringBuilder("## Peers\n\n| p50 | ");
    text.append(String.join(" | ", COLUMNS)).append(" |\n|---");
    text.append("|---:".repeat(COLUMNS.size())).append("|\n");
    for (Map.Entry<String, List<String>> row : figures(reports).entrySet()) {
      text.append("| ").append(row.getKey()).append(" | ");
      text.append(String.join(" | ", row.getValue())).append(" |\n");
    }
    return text.toString();
  }

  private static Map<String, List<String>> figures(Map<String, Report> reports) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (Row row : ROWS) {
      Optional<Report> report = Optional.ofNullable(reports.get(row.benchmark()));
      List<String> figures = new ArrayList<>();
      for (String name : row.names()) {
        figures.add(
            report
                .flatMap(r -> r.median(row.section(), name, row.relative()))
                .map(Report::figure)
                .orElse(""));
      }
      all.put(row.question(), figures);
    }
    return all;
  }
}
