package dev.lazymount.bench;

import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The results of one benchmark: Markdown for people, JSON for tools. */
final class Report {
  /** A table of samples in one unit, the first of which is what the others are compared with. */
  static final class Section {
    private final String title;
    private final String unit;
    private final Map<String, Sample> rows = new LinkedHashMap<>();

    private Section(String title, String unit) {
      this.title = title;
      this.unit = unit;
    }

    /** Adds a row. */
    Section add(String what, Sample sample) {
      rows.put(what, sample);
      return this;
    }

    private double ratio(Sample sample) {
      return sample.median() / rows.values().iterator().next().median();
    }

    private String markdown() {
      StringBuilder text = new StringBuilder("### " + title + "\n\n");
      text.append("| ").append(unit).append(" | n | p50 | p90 | p99 | max | p50, times |\n");
      text.append("|---|---:|---:|---:|---:|---:|---:|\n");
      rows.forEach(
          (what, s) ->
              text.append(
                  String.format(
                      Locale.ROOT,
                      "| %s | %d | %s | %s | %s | %s | %s |%n",
                      what,
                      s.size(),
                      figure(s.median()),
                      figure(s.percentile(90)),
                      figure(s.percentile(99)),
                      figure(s.max()),
                      figure(ratio(s)))));
      return text.append('\n').toString();
    }

    private List<Map<String, Object>> json() {
      List<Map<String, Object>> all = new ArrayList<>();
      rows.forEach(
          (what, s) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("section", title);
            row.put("what", what);
            row.put("unit", unit);
            row.put("samples", s.size());
            row.put("p50", s.median());
            row.put("p90", s.percentile(90));
            row.put("p99", s.percentile(99));
            row.put("max", s.max());
            row.put("p50Times", ratio(s));
            all.add(row);
          });
      return all;
    }
  }

  private record Count(String what, long value) {}

  private record Bar(String bar, double limit, Double measured, Boolean reached) {
    String markdown() {
      String outcome = reached == null ? "not measured" : reached ? "reached" : "**not reached**";
      String value = measured == null ? "" : figure(measured);
      return "| " + bar + " | " + figure(limit) + " | " + value + " | " + outcome + " |\n";
    }
  }

  private final String name;
  private final String command;
  private final Map<String, Object> host;
  private final List<Section> sections = new ArrayList<>();
  private final List<Chart> charts = new ArrayList<>();
  private final List<Count> counts = new ArrayList<>();
  private final List<Bar> bars = new ArrayList<>();

  Report(String name, String command, Map<String, Object> host) {
    this.name = name;
    this.command = command;
    this.host = host;
  }

  /** Something to know about the run. */
  void fact(String what, Object value) {
    host.put(what, value);
  }

  /** A new table. */
  Section section(String title, String unit) {
    Section section = new Section(title, unit);
    sections.add(section);
    return section;
  }

  /**
   * The median of a row, in the first section whose title begins so; empty if there is none.
   *
   * @param relative whether as a ratio to the section's first row
   */
  Optional<Double> median(String titleStart, String row, boolean relative) {
    return sections.stream()
        .filter(section -> section.title.startsWith(titleStart))
        .findFirst()
        .flatMap(
            section ->
                Optional.ofNullable(section.rows.get(row))
                    .map(sample -> relative ? section.ratio(sample) : sample.median()));
  }

  /** Adds a chart, which is also a table. */
  void chart(Chart chart) {
    charts.add(chart);
  }

  List<Chart> charts() {
    return charts;
  }

  /** A number that is not a sample. */
  void count(String what, long value) {
    counts.add(new Count(what, value));
  }

  /** A bar that {@code measured} may not be above; empty if it was not measured this time. */
  void atMost(String bar, double limit, Optional<Double> measured) {
    bars.add(
        new Bar(bar, limit, measured.orElse(null), measured.map(m -> m <= limit).orElse(null)));
  }

  /** A bar that {@code measured} may not be below; empty if it was not measured this time. */
  void atLeast(String bar, double limit, Optional<Double> measured) {
    bars.add(
        new Bar(bar, limit, measured.orElse(null), measured.map(m -> m >= limit).orElse(null)));
  }

  String markdown() {
    StringBuilder text = new StringBuilder("## " + name + "\n\n`" + command + "`\n\n");
    host.forEach((what, value) -> text.append("- ").append(what).append(": ").append(value(value)));
    text.append('\n');
    sections.forEach(section -> text.append(section.markdown()));
    charts.forEach(chart -> text.append(chart.markdown()));
    if (!counts.isEmpty()) {
      text.append("| counted | |\n|---|---:|\n");
      counts.forEach(c -> text.append(String.format("| %s | %,d |%n", c.what(), c.value())));
      text.append('\n');
    }
    if (!bars.isEmpty()) {
      text.append("| bar | limit | measured | |\n|---|---:|---:|---|\n");
      bars.forEach(bar -> text.append(bar.markdown()));
    }
    return text.toString();
  }

  private static String value(Object value) {
    String text =
        value instanceof Map<?, ?> parts
            ? String.join(
                ", ", parts.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList())
            : String.valueOf(value);
    return text + "\n";
  }

  String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("benchmark", name);
    all.put("command", command);
    all.putAll(host);
    all.put("results", sections.stream().flatMap(section -> section.json().stream()).toList());
    all.put("counts", counts);
    all.put("bars", bars);
    return new GsonBuilder()
        .serializeNulls()
        .disableHtmlEscaping()
        .setPrettyPrinting()
        .create()
        .toJson(all);
  }

  /** Three digits that mean something. */
  static String figure(double value) {
    double size = Math.abs(value);
    int decimals = value == Math.rint(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
