package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What each trace program sees, on each release of bpftrace: all of them run at once, and every way
 * to come by a file is gone once. The table of it is written to target/sight-table.md, and the
 * README has it.
 */
class SightIT {
  private static final Path TABLE = Path.of("target/sight-table.md");
  private static final Path README = Path.of("README.md");

  private static final Map<String, TraceRecorder> watches = new TreeMap<>();
  private static final Map<OpenMethod, String> rows = new EnumMap<>(OpenMethod.class);
  private static Site site;
  private static Opener opener;

  @BeforeAll
  static void start() throws IOException {
    Files.deleteIfExists(TABLE);
    site = Site.createShared();
    opener = Opener.compile(site.scratch());
    TracedTree.prepare(site);
    for (BpftraceVersion generation : BpftraceVersion.values()) {
      Settings settings =
          TraceRecorder.settings(site, "trace.bpftrace=" + generation.checked(site.scratch()));
      watches.put("path on " + generation, TraceRecorder.path(settings));
      watches.put("resolved on " + generation, TraceRecorder.resolved(settings, 2));
    }
    watches.values().forEach(TraceRecorder::awaitWorking);
  }

  @AfterAll
  static void close() throws IOException {
    watches.values().forEach(TraceRecorder::close);
    site.close();
    if (rows.size() == OpenMethod.values().length) {
      writeTable();
    }
  }

  @ParameterizedTest
  @EnumSource(OpenMethod.class)
  void isSeenOrNotAsTheTableSays(OpenMethod way) throws IOException {
    TracedTree scene = new TracedTree(site, opener, "by-" + way).appear();

    way.go(scene);

    TraceRecorder.fence(site, opener, List.copyOf(watches.values()));
    Map<String, Boolean> seen = new TreeMap<>();
    Map<String, Boolean> expected = new TreeMap<>();
    watches.forEach(
        (name, watch) -> {
          seen.put(name, watch.saw(scene.name()) || watch.saw(scene.link()));
          expected.put(name, way.expected().get(name.substring(0, name.indexOf(' '))));
        });
    assertEquals(expected, seen, way.title());
    Map<String, Boolean> byProgram = new HashMap<>();
    seen.forEach((name, saw) -> byProgram.put(name.substring(0, name.indexOf(' ')), saw));
    rows.put(way, way.row(byProgram));
  }

  private static void writeTable() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("| How a file under the root is reached | seen by `path` | seen by `resolved` |");
    lines.add("| --- | --- | --- |");
    lines.addAll(rows.values());
    String table = String.join("\n", lines) + "\n";
    Files.writeString(TABLE, table);
    if (Files.exists(README)) {
      assertTrue(
          Files.readString(README).contains(table),
          "README.md does not have the table of " + TABLE + ": put it in as it is");
    }
  }
}
