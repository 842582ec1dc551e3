package dev.lazymount.trace.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.status.ProgramName;
import dev.lazymount.support.TestSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of a program, and the text of the path program. */
final class ProgramsTest {
  private static final BpftraceVersion NEWEST = BpftraceVersion.UNKNOWN;

  @TempDir private Path tracefs;

  private static TraceProgram.Factory named(ProgramName name) {
    return () -> new TraceProgram(name, "", "mark", 64, null, null);
  }

  private static AutoProgram auto(TraceProgram.Factory resolved, TraceProgram.Factory path) {
    return auto(resolved, path, System::nanoTime);
  }

  private static AutoProgram auto(
      TraceProgram.Factory resolved, TraceProgram.Factory path, LongSupplier nanoTime) {
    return new AutoProgram(
        List.of(Map.entry(ProgramName.RESOLVED, resolved), Map.entry(ProgramName.PATH, path)),
        nanoTime);
  }

  /** By fentry and by kprobe, and the others. */
  private static AutoProgram auto(
      TraceProgram.Factory fentry, TraceProgram.Factory kprobe, TraceProgram.Factory resolved) {
    return new AutoProgram(
        List.of(
            Map.entry(ProgramName.HOOKED, fentry),
            Map.entry(ProgramName.HOOKED, kprobe),
            Map.entry(ProgramName.RESOLVED, resolved),
            Map.entry(ProgramName.PATH, named(ProgramName.PATH))));
  }

  private static TraceProgram.Factory failing(String reason) {
    return () -> {
      throw new TraceFailure(reason);
    };
  }

  /**
   * bpftrace may lose some of the clears at the end of a window, when its buffer is full; while the
   * last one is outstanding, the next window clears again.
   */
  @ParameterizedTest
  @ValueSource(strings = {"path.bt", "walk.bt"})
  void lostClearIsRepeatedByTheNextWindow(String resource) {
    String text = Template.of(resource).text();
    List<String> cleared =
        Pattern.compile("clear\\((@\\w+)\\);")
            .matcher(text)
            .results()
            .map(m -> m.group(1))
            .toList();
    assertTrue(cleared.containsAll(List.of("@active", "@reported", "@overflow", "@seen")), text);
    String last = cleared.get(cleared.size() - 1);
    assertTrue(text.contains("if (@active[0] > 0 || " + last + "[0] > 0 || @idle[0] == 0)"), text);
    assertTrue(text.contains(last + "[0] = " + last + "[0] + 1"), "it counts what is seen");
  }

  @Test
  void autoPrefersResolvedAndKeepsItOnceItWorked() {
    AutoProgram auto = auto(named(ProgramName.RESOLVED), named(ProgramName.PATH));
    assertEquals(ProgramName.RESOLVED, auto.next().name());
    auto.worked();
    auto.failed("a crash", true);
    auto.failed("another crash", true);
    TraceProgram next = auto.next();
    assertEquals(ProgramName.RESOLVED, next.name());
    assertNull(next.note());
  }

  @Test
  void autoGivesUpResolvedAfterFiveFailedRunsInARow() {
    AutoProgram auto = auto(named(ProgramName.RESOLVED), named(ProgramName.PATH));
    auto.next();
    auto.worked();
    auto.failed("a crash", true);
    for (int run = 1; run <= 4; run++) {
      assertEquals(ProgramName.RESOLVED, auto.next().name());
      auto.failed("blind, run " + run, true);
    }
    auto.next();
    auto.worked();
    for (int run = 1; run <= 5; run++) {
      assertEquals(ProgramName.RESOLVED, auto.next().name());
      auto.failed("blind, run " + run, true);
    }
    assertEquals("path and not resolved: blind, run 5", auto.next().note());
  }

  @Test
  void autoTriesResolvedAgainAfterASignal() {
    AutoProgram auto = auto(named(ProgramName.RESOLVED), named(ProgramName.PATH));
    auto.next();
    auto.failed("killed", false);
    assertEquals(ProgramName.RESOLVED, auto.next().name());
  }

  @Test
  void autoFallsBackForGoodIfResolvedNeverWorked() {
    AutoProgram auto = auto(named(ProgramName.RESOLVED), named(ProgramName.PATH));
    auto.next();
    auto.failed("no canary came back", true);
    TraceProgram next = auto.next();
    assertEquals(ProgramName.PATH, next.name());
    assertEquals("path and not resolved: no canary came back", next.note());
    auto.worked();
    auto.failed("a crash of path", true);
    assertEquals(ProgramName.PATH, auto.next().name());
    assertEquals("path and not resolved: no canary came back", auto.next().note());
  }

  @Test
  void autoFallsBackOnAnUnsuitableRoot() {
    boolean[] suits = {true};
    AutoProgram auto =
        auto(
            () -> {
              if (!suits[0]) {
                throw new TraceFailure.Unsuitable("the inodes");
              }
              return named(ProgramName.RESOLVED).next();
            },
            named(ProgramName.PATH));
    auto.next();
    auto.worked();
    suits[0] = false;
    assertEquals("path and not resolved: the inodes", auto.next().note());
    suits[0] = true;
    assertEquals(ProgramName.PATH, auto.next().name(), "for good");
  }

  @Test
  void autoRunsPathWhileThereAreNamesThatDoNotFit() {
    long[] now = {0};
    int[] deepest = {Walk.DEEPEST + 1};
    AutoProgram auto =
        auto(
            () -> {
              TraceProgram.Names reportable = Walk.reportable(NEWEST);
              if (!reportable.fit(deepest[0], 3)) {
                throw new TraceFailure.NamesUnfit("too deep", reportable);
              }
              return named(ProgramName.RESOLVED).next();
            },
            named(ProgramName.PATH),
            () -> now[0]);
    TraceProgram path = auto.next();
    assertEquals("path and not resolved: too deep", path.note());
    auto.worked();
    auto.failed("a crash of path", true);
    assertEquals(ProgramName.PATH, auto.next().name(), "the names are still there");

    now[0] = AutoProgram.SHORTEST_FALLBACK.toNanos() - 1;
    assertTrue(path.names().fit(1, 3), "not yet: the name may come again");
    now[0]++;
    assertFalse(path.names().fit(1, 3), "now resolved is the right one");
    assertTrue(path.names().fit(Walk.DEEPEST + 1, 3));
    assertTrue(path.names().fit(1, 200));
    deepest[0] = 1;
    TraceProgram resolved = auto.next();
    assertEquals(ProgramName.RESOLVED, resolved.name());
    assertNull(resolved.note());
  }

  @Test
  void adjacentDirectoryEntriesHaveDistinctKeys() {
    long size = 192;
    long memory = 0xffff_8881_0000_0000L;
    List<Integer> order = IntStream.range(0, 2000).boxed().collect(Collectors.toList());
    Collections.shuffle(order, new Random(1));
    Set<Long> keys = new HashSet<>();
    for (int i = 0; i < order.size(); i++) {
      long outer = memory + size * i;
      long inner = memory + size * (order.size() + order.get(i));
      keys.add(outer * Walk.weight(0) + inner * Walk.weight(1));
    }
    assertEquals(order.size(), keys.size());
  }

  @Test
  void deeperNamesAllowShorterComponents() {
    assertTrue(Walk.reportable(NEWEST).fit(1, 158));
    assertFalse(Walk.reportable(NEWEST).fit(1, 159));
    assertTrue(Walk.reportable(NEWEST).fit(6, 46));
    assertFalse(Walk.reportable(NEWEST).fit(6, 47));
    assertTrue(Walk.reportable(NEWEST).fit(0, 0));
    assertTrue(Walk.reportable(NEWEST).fit(8, 30));
    assertFalse(Walk.reportable(NEWEST).fit(9, 1));
  }

  @Test
  void programReportsNoLongerComponentsThanItsDepthAllows() {
    assertTrue(Walk.reportable(NEWEST).fit(2, 60), "one made for two components would report it");
    assertTrue(Walk.reportedBy(2, NEWEST).fit(2, 60));
    assertFalse(Walk.reportedBy(6, NEWEST).fit(2, 60));
    assertTrue(Walk.reportedBy(6, NEWEST).fit(2, 46));
    assertFalse(Walk.reportedBy(1, NEWEST).fit(2, 1));
  }

  @Test
  void autoFallsBackIfResolvedCanNotBeMade() {
    AutoProgram auto = auto(failing("no BTF"), named(ProgramName.PATH));
    assertEquals("path and not resolved: no BTF", auto.next().note());
  }

  @Test
  void autoDoesNotFallBackOnceResolvedWorked() {
    boolean[] broken = {false};
    AutoProgram auto =
        auto(
            () -> (broken[0] ? failing("the root is gone") : named(ProgramName.RESOLVED)).next(),
            named(ProgramName.PATH));
    auto.next();
    auto.worked();
    broken[0] = true;
    assertThrows(TraceFailure.class, auto::next);
    broken[0] = false;
    assertEquals(ProgramName.RESOLVED, auto.next().name());
  }

  @Test
  void autoDoesNotBlameResolvedForBpftrace() {
    boolean[] missing = {true};
    TraceProgram.Factory resolved =
        () -> {
          if (missing[0]) {
            throw new TraceFailure.NoBpftrace("bpftrace 0.14 is not supported");
          }
          return named(ProgramName.RESOLVED).next();
        };
    AutoProgram auto = auto(resolved, named(ProgramName.PATH));
    assertThrows(TraceFailure.NoBpftrace.class, auto::next);
    missing[0] = false;
    assertEquals(ProgramName.RESOLVED, auto.next().name(), "another one was installed");
  }

  @Test
  void autoFailsIfNeitherCanBeMade() {
    AutoProgram auto = auto(failing("no BTF"), failing("no tracepoints"));
    assertThrows(TraceFailure.class, auto::next);
  }

  @Test
  void autoPrefersHooked() {
    AutoProgram auto =
        auto(named(ProgramName.HOOKED), named(ProgramName.HOOKED), named(ProgramName.RESOLVED));
    TraceProgram hooked = auto.next();
    assertEquals(ProgramName.HOOKED, hooked.name());
    assertNull(hooked.note());
  }

  @Test
  void kprobeInPlaceOfFentryNeedsNoNote() {
    AutoProgram auto =
        auto(failing("EPERM"), named(ProgramName.HOOKED), named(ProgramName.RESOLVED));
    TraceProgram hooked = auto.next();
    assertEquals(ProgramName.HOOKED, hooked.name());
    assertNull(hooked.note());
  }

  @Test
  void noteHasTheReasonsOfAllBetterPrograms() {
    AutoProgram auto = auto(failing("EPERM"), failing("no kprobes"), failing("no BTF"));
    assertEquals(
        "path and not hooked: EPERM, no kprobes; and not resolved: no BTF", auto.next().note());
    assertEquals(
        "resolved and not hooked: the same",
        auto(failing("the same"), failing("the same"), named(ProgramName.RESOLVED)).next().note());
  }

  @Test
  void hookedAloneFailsWithTheReasonsOfBothProbes() {
    AutoProgram hooked =
        new AutoProgram(
            List.of(
                Map.entry(ProgramName.HOOKED, failing("EPERM")),
                Map.entry(ProgramName.HOOKED, failing("no kprobes"))));
    assertEquals("EPERM, no kprobes", assertThrows(TraceFailure.class, hooked::next).getMessage());
  }

  @Test
  void missedOpensSelectTheOtherProbe() {
    AutoProgram auto =
        auto(
            named(ProgramName.HOOKED),
            () -> new TraceProgram(ProgramName.HOOKED, "kprobe", "mark", 64, null, null),
            named(ProgramName.RESOLVED));
    auto.next();
    auto.worked();
    assertTrue(auto.missed());
    assertEquals("kprobe", auto.next().source());
    assertFalse(auto.missed(), "there is no better one");
    assertEquals("kprobe", auto.next().source());
  }

  @Test
  void autoLeavesHookedWhenFtraceIsDisabledLater() {
    boolean[] enabled = {true};
    TraceProgram.Factory hooked =
        () -> {
          if (!enabled[0]) {
            throw new TraceFailure.Unsuitable("kernel.ftrace_enabled is 0");
          }
          return named(ProgramName.HOOKED).next();
        };
    AutoProgram auto = auto(hooked, hooked, named(ProgramName.RESOLVED));
    auto.next();
    auto.worked();
    enabled[0] = false;
    auto.failed("no canary came back", true);
    assertEquals("resolved and not hooked: kernel.ftrace_enabled is 0", auto.next().note());
  }

  @Test
  void pathProgramProbesTheExistingCalls() throws Exception {
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_openat"));
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_execve"));
    TraceProgram program = new PathProgram(settings(), tracefs, () -> NEWEST).next();
    String source = program.source();
    assertEquals(ProgramName.PATH, program.name());
    assertTrue(source.contains("tracepoint:syscalls:sys_enter_openat\n"), source);
    assertTrue(source.contains("tracepoint:syscalls:sys_enter_execve\n"), source);
    assertFalse(source.contains("openat2"), source);
    assertTrue(
        source.contains(
            "\n"
                + "/str(args->filename, 8) == \"/opt/ce/\" || str(args->filename, 9) =="
                + " \"/opt/ce/\"/\n"),
        source);
    assertTrue(source.contains("(@seen_paths[str(args->filename, 192)] & $kind) == 0"), source);
    assertTrue(source.contains("(@seen[$key] & $kind) == 0"), source);
    assertTrue(source.contains("comm != \"updatedb\""), source);
    assertTrue(source.contains(program.mark()), source);
    assertFalse(source.contains("@MARK@") || source.contains("_CALL@"), source);
    assertFalse(source.contains("BEGIN"), "stripped builds of bpftrace can't run it");
  }

  @Test
  void everyRunHasItsOwnMark() throws Exception {
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_openat"));
    PathProgram programs = new PathProgram(settings(), tracefs, () -> NEWEST);
    TraceProgram first = programs.next();
    assertTrue(first.mark().matches("[0-9a-f]{16}"), first.mark());
    assertNotEquals(first.mark(), programs.next().mark());
    assertNotEquals(first.canary().token(), first.canary().token());
  }

  @Test
  void missingTracepointsAreExplained() {
    TraceFailure failure =
        assertThrows(TraceFailure.class, new PathProgram(settings(), tracefs, () -> NEWEST)::next);
    assertTrue(failure.getMessage().contains("is tracefs mounted?"), failure.getMessage());
  }

  private static Settings settings() {
    return TestSettings.settings("root = /opt/ce", "trace.ignore-comms = [updatedb]");
  }
}
