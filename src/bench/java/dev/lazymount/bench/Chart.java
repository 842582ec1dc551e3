package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lines over a number, or bars in groups: a table in Markdown, a CSV file, and an SVG that gnuplot
 * draws from it.
 */
final class Chart {
  /** Draws any of these charts; see there for its variables. */
  private static final String SCRIPT = "src/bench/chart.gnuplot";

  private final String title;
  private final String across;
  private final String up;
  private final Map<String, TreeMap<Integer, Double>> lines = new LinkedHashMap<>();

  /** The names of the groups of bars; empty for a chart of lines. */
  private final List<String> groups = new ArrayList<>();

  /**
   * An empty chart.
   *
   * @param across what the horizontal axis counts
   * @param up what the vertical axis measures, with its unit
   */
  Chart(String title, String across, String up) {
    this.title = title;
    this.across = across;
    this.up = up;
  }

  /** Adds a bar, of a colour of its own for each {@code line}. */
  void bar(String line, String group, double y) {
    if (!groups.contains(group)) {
      groups.add(group);
    }
    add(line, groups.indexOf(group), y);
  }

  /** Adds a point; all above 0, because the vertical axis is logarithmic. */
  void add(String line, int x, double y) {
    lines.computeIfAbsent(line, l -> new TreeMap<>()).put(x, y);
  }

  /** A row for each line, a column for each number. */
  String markdown() {
    List<Integer> columns = columns();
    StringBuilder text = new StringBuilder("### " + title + "\n\n| " + up + ", by " + across);
    columns.forEach(x -> text.append(" | ").append(column(x)));
    text.append(" |\n|---").append("|---:".repeat(columns.size())).append("|\n");
    lines.forEach(
        (line, points) -> {
          text.append("| ").append(line);
          columns.forEach(
              x ->
                  text.append(" | ")
                      .append(points.containsKey(x) ? Report.figure(points.get(x)) : ""));
          text.append(" |\n");
        });
    return text.append('\n').toString();
  }

  /**
   * Writes FILE.csv and, with gnuplot, FILE.svg.
   *
   * @param file their common path, without ending
   */
  void write(Path file) throws IOException, InterruptedException {
    Path csv = file.resolveSibling(file.getFileName() + ".csv");
    Files.writeString(csv, csv());
    Process gnuplot =
        new ProcessBuilder(
                "gnuplot",
                "-e",
                String.format(
                    "csv='%s'; svg='%s'; heading='%s'; across='%s'; up='%s'; lines=%d; bars=%d",
                    csv,
                    file.resolveSibling(file.getFileName() + ".svg"),
                    title,
                    across,
                    up,
                    lines.size(),
                    groups.size()),
                SCRIPT)
            .inheritIO()
            .start();
    if (gnuplot.waitFor() != 0) {
      throw new IOException("gnuplot could not draw " + csv);
    }
  }

  /** A column for each line, a row for each number; a missing point is an empty field. */
  private String csv() {
    StringBuilder text = new StringBuilder('"' + across + '"');
    lines.keySet().forEach(line -> text.append(",\"").append(line).append('"'));
    for (int x : columns()) {
      text.append('\n').append(groups.isEmpty() ? x : '"' + column(x) + '"');
      lines
          .values()
          .forEach(
              points ->
                  text.append(',')
                      .append(
                          points.containsKey(x)
                              ? String.format(Locale.ROOT, "%.4f", points.get(x))
                              : ""));
    }
    return text.append('\n').toString();
  }

  private String column(int x) {
    return groups.isEmpty() ? String.format(Locale.ROOT, "%,d", x) : groups.get(x);
  }

  private List<Integer> columns() {
    return lines.values().stream().flatMap(l -> l.keySet().stream()).distinct().sorted().toList();
  }
}
