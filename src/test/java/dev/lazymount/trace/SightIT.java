package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.BpftraceVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What each trace program sees on each release of bpftrace: all of them run at once, and every way
 * to open a file is tried once. The table of it is written to target/sight-table.md, and the
 * documentation contains it. Where the kernel permits no hooked program, that column is proven by
 * ./dev vm-test alone (src/vm-test/sight.sh), which SightTableTest compares with it.
 */
class SightIT {
  private static final Path TABLE = Path.of("target/sight-table.md");

  /** The pages that may contain it. */
  private static final List<Path> PAGES =
      List.of(Path.of("src/site/markdown/trace.md"), Path.of("README.md"));

  /** By program and release. */
  private static final Map<ProgramName, Map<String, TraceRecorder>> recorders =
      new EnumMap<>(ProgramName.class);

  private static final Map<OpenMethod, String> rows = new EnumMap<>(OpenMethod.class);
  private static Site site;
  private static Opener opener;

  @BeforeAll
  static void start() throws IOException {
    Files.deleteIfExists(TABLE);
    site = Site.createShared();
    opener = Opener.compile(site.scratch());
    TracedTree.prepare(site);
    Set<BpftraceVersion> versions = new HashSet<>();
    for (BpftraceUnderTest bpftrace : BpftraceUnderTest.all().toList()) {
      BpftraceVersion version = bpftrace.version(site.scratch());
      assertTrue(versions.add(version), "two releases are " + version);
      Settings settings = bpftrace.settings(site);
      for (ProgramName program : TraceRecorder.programs()) {
        recorders
            .computeIfAbsent(program, p -> new TreeMap<>())
            .put("bpftrace " + version, TraceRecorder.of(program, settings, 2));
      }
    }
    all().forEach(TraceRecorder::awaitWorking);
  }

  private static List<TraceRecorder> all() {
    return recorders.values().stream().flatMap(each -> each.values().stream()).toList();
  }

  @AfterAll
  static void close() throws IOException {
    all().forEach(TraceRecorder::close);
    site.close();
    if (rows.size() == OpenMethod.values().length) {
      writeTable();
    }
  }

  @ParameterizedTest
  @EnumSource(OpenMethod.class)
  void eachReleaseSeesWhatTheTableSays(OpenMethod method) throws IOException {
    TracedTree tree = new TracedTree(site, opener, "by-" + method).appear();

    method.go(tree);

    TraceRecorder.fence(site, opener, all());
    Map<ProgramName, Boolean> expected = method.expected();
    Map<String, Boolean> wrong = new TreeMap<>();
    recorders.forEach(
        (program, byRelease) ->
            byRelease.forEach(
                (release, recorder) -> {
                  boolean seen = recorder.saw(tree.name()) || recorder.saw(tree.link());
                  if (seen != expected.get(program)) {
                    wrong.put(program + " with " + release, seen);
                  }
                }));
    assertEquals(Map.of(), wrong, method.title());
    rows.put(method, method.row(expected));
  }

  private static void writeTable() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "| How a file under the root is reached | seen by `path` | seen by `resolved` | seen by"
            + " `hooked` |");
    lines.add("| --- | --- | --- | --- |");
    lines.addAll(rows.values());
    String table = String.join("\n", lines) + "\n";
    Files.writeString(TABLE, table);
    List<Path> pages = PAGES.stream().filter(Files::exists).toList();
    if (!pages.isEmpty()) {
      String text = "";
      for (Path page : pages) {
        text += Files.readString(page);
      }
      assertTrue(
          text.contains(table),
          "none of " + pages + " contains the table of " + TABLE + " as it is");
    }
  }
}
