package dev.lazymount.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Lines over a number, as a table in Markdown and as an SVG with a logarithmic vertical axis. */
final class Chart {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;
  private static final int LEFT = 60;
  private static final int RIGHT = 190;
  private static final int TOP = 40;
  private static final int BOTTOM = 50;

  /** Colours that are told apart with any kind of sight (Okabe and Ito). */
  private static final List<String> COLOURS =
      List.of("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9");

  private final String title;
  private final String across;
  private final String up;
  private final Map<String, TreeMap<Integer, Double>> lines = new LinkedHashMap<>();

  /**
   * An empty one.
   *
   * @param across what the horizontal axis counts
   * @param up what the vertical axis measures, with its unit
   */
  Chart(String title, String across, String up) {
    this.title = title;
    this.across = across;
    this.up = up;
  }

  /** Adds a point; all above 0. */
  void add(String line, int x, double y) {
    lines.computeIfAbsent(line, l -> new TreeMap<>()).put(x, y);
  }

  /** A row for each line, a column for each number. */
  String markdown() {
    List<Integer> columns = columns();
    StringBuilder text = new StringBuilder("### " + title + "\n\n| " + up + ", by " + across);
    columns.forEach(x -> text.append(String.format(Locale.ROOT, " | %,d", x)));
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

  /** The picture. */
  String svg() {
    List<Double> all = lines.values().stream().flatMap(l -> l.values().stream()).toList();
    int low = (int) Math.floor(Math.log10(all.stream().min(Double::compare).orElse(1.0)));
    int high = (int) Math.ceil(Math.log10(all.stream().max(Double::compare).orElse(10.0)));
    Scale y = new Scale(low, Math.max(high, low + 1), HEIGHT - BOTTOM, TOP);
    List<Integer> columns = columns();
    Scale x = new Scale(columns.get(0), columns.get(columns.size() - 1), LEFT, WIDTH - RIGHT);
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif'"
            + " font-size='12'><rect width='100%%' height='100%%' fill='white'/>",
        WIDTH,
        HEIGHT);
    add(svg, "<text x='%d' y='20' font-size='14'>%s, %s</text>", LEFT, title, up);
    for (int power = low; power <= Math.max(high, low + 1); power++) {
      double at = y.at(power);
      add(
          svg,
          "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>",
          LEFT,
          WIDTH - RIGHT,
          at,
          at);
      String label = Report.figure(Math.pow(10, power));
      add(svg, "<text x='%d' y='%.1f' text-anchor='end'>%s</text>", LEFT - 6, at + 4, label);
    }
    for (int column : columns) {
      add(
          svg,
          "<text x='%.1f' y='%d' text-anchor='middle'>%,d</text>",
          x.at(column),
          HEIGHT - BOTTOM + 18,
          column);
    }
    add(svg, "<text x='%d' y='%d'>%s</text>", LEFT, HEIGHT - 10, across);
    int colour = 0;
    for (Map.Entry<String, TreeMap<Integer, Double>> line : lines.entrySet()) {
      String ink = COLOURS.get(colour++ % COLOURS.size());
      List<String> points = new ArrayList<>();
      line.getValue()
          .forEach(
              (at, value) ->
                  points.add(
                      String.format(Locale.ROOT, "%.1f,%.1f", x.at(at), y.at(Math.log10(value)))));
      add(
          svg,
          "<polyline points='%s' fill='none' stroke='%s' stroke-width='2'/>",
          String.join(" ", points),
          ink);
      add(
          svg,
          "<text x='%d' y='%.1f' fill='%s'>%s</text>",
          WIDTH - RIGHT + 8,
          y.at(Math.log10(line.getValue().lastEntry().getValue())) + 4,
          ink,
          line.getKey());
    }
    return svg.append("</svg>\n").toString();
  }

  private record Scale(double from, double to, int start, int end) {
    double at(double value) {
      return to == from ? start : start + (value - from) / (to - from) * (end - start);
    }
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private List<Integer> columns() {
    return lines.values().stream().flatMap(l -> l.keySet().stream()).distinct().sorted().toList();
  }
}
