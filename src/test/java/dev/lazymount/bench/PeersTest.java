package dev.lazymount.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeersTest {
  @Test
  void figuresOfTheReportsAreInTheirColumns() {
    Report compile = report("first-compile");
    compile
        .section("First compile, g++, efs", "ms")
        .add("original directory", new Sample(2100))
        .add("mount(8) at boot", new Sample(1000))
        .add("autofs", new Sample(1050))
        .add("lazymount", new Sample(900, 1020, 1100));

    String row = row(Map.of("first-compile", compile), "first compile, g++, efs, ms");

    assertEquals("| first compile, g++, efs, ms | 1020 | 2100 | 1000 | 1050 |  |  |", row);
  }

  @Test
  void costOfTheTraceIsARatio() {
    Report trace = report("trace");
    trace
        .section("An open and close outside the root, on the same file system", "ns")
        .add("not traced", new Sample(2000))
        .add("the first program", new Sample(2400))
        .add("resolved", new Sample(2500));

    String row = row(Map.of("trace", trace), "open and close outside the root, times untraced");

    assertTrue(row.contains("untraced | 1.25 | 1 | 1 |  |  | 1.20 |"), row);
  }

  @Test
  void benchmarkThatDidNotRunLeavesItsFieldsEmpty() {
    assertEquals(
        "| boot with 2,000 images, s |  |  |  |  |  |  |",
        row(Map.of(), "boot with 2,000 images, s"));
  }

  private static Report report(String name) {
    return new Report(name, "./dev bench " + name, new LinkedHashMap<>());
  }

  private static String row(Map<String, Report> reports, String question) {
    List<String> rows =
        Peers.markdown(reports).lines().filter(line -> line.contains(question)).toList();
    assertEquals(1, rows.size(), "rows of " + question);
    return rows.get(0);
  }
}
