package dev.lazymount.trace.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.support.TestSettings;
import dev.lazymount.trace.CanaryFlight;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which program runs, what the path program is made of, and the book of the canary. */
final class ProgramsTest {
  @TempDir private Path tracefs;

  private static TraceProgram.Factory named(String name) {
    return () -> new TraceProgram(name, "", "mark", 64, null, null);
  }

  private static TraceProgram.Factory failing(String reason) {
    return () -> {
      throw new TraceFailure(reason);
    };
  }

  /**
   * bpftrace may lose some of the clears at the end of a window, when its buffer is full; so the
   * last of them is one that has the next window clear again.
   */
  @ParameterizedTest
  @ValueSource(strings = {"path.bt", "resolved.bt"})
  void whatIsClearedLastHasTheNextWindowClearAgainIfItWasLost(String resource) {
    String text = Template.of(resource).text();
    List<String> cleared =
        Pattern.compile("clear\\((@\\w+)\\);")
            .matcher(text)
            .results()
            .map(m -> m.group(1))
            .toList();
    assertTrue(cleared.containsAll(List.of("@fresh", "@told", "@over", "@seen")), text);
    String last = cleared.get(cleared.size() - 1);
    assertTrue(text.contains("if (@fresh[0] > 0 || " + last + "[0] > 0 || @quiet[0] == 0)"), text);
    assertTrue(text.contains(last + "[0] = " + last + "[0] + 1"), "it counts what is seen");
  }

  @Test
  void autoTriesResolvedFirstAndStaysWithItOnceItWorked() {
    AutoProgram auto = new AutoProgram(named("resolved"), named("path"));
    assertEquals("resolved", auto.next().name());
    auto.worked();
    auto.failed("a crash", true);
    auto.failed("another crash", true);
    TraceProgram next = auto.next();
    assertEquals("resolved", next.name());
    assertNull(next.note());
  }

  @Test
  void autoGivesUpResolvedThatHasWorkedAfterFiveRunsInVainInARow() {
    AutoProgram auto = new AutoProgram(named("resolved"), named("path"));
    auto.next();
    auto.worked();
    auto.failed("a crash", true);
    for (int run = 1; run <= 4; run++) {
      assertEquals("resolved", auto.next().name());
      auto.failed("blind, run " + run, true);
    }
    auto.next();
    auto.worked();
    for (int run = 1; run <= 5; run++) {
      assertEquals("resolved", auto.next().name());
      auto.failed("blind, run " + run, true);
    }
    assertEquals("path and not resolved: blind, run 5", auto.next().note());
  }

  @Test
  void autoTriesResolvedAgainIfSomebodyKilledItBeforeItCouldWork() {
    AutoProgram auto = new AutoProgram(named("resolved"), named("path"));
    auto.next();
    auto.failed("killed", false);
    assertEquals("resolved", auto.next().name());
  }

  @Test
  void autoFallsBackToPathForGoodIfResolvedNeverWorked() {
    AutoProgram auto = new AutoProgram(named("resolved"), named("path"));
    auto.next();
    auto.failed("no canary came back", true);
    TraceProgram next = auto.next();
    assertEquals("path", next.name());
    assertEquals("path and not resolved: no canary came back", next.note());
    auto.worked();
    auto.failed("a crash of path", true);
    assertEquals("path", auto.next().name());
    assertEquals("path and not resolved: no canary came back", auto.next().note());
  }

  @Test
  void autoLeavesWhatHasWorkedForARootThatItIsNotFor() {
    boolean[] suits = {true};
    AutoProgram auto =
        new AutoProgram(
            () -> {
              if (!suits[0]) {
                throw new TraceFailure.Unsuitable("the inodes");
              }
              return named("resolved").next();
            },
            named("path"));
    auto.next();
    auto.worked();
    suits[0] = false;
    assertEquals("path and not resolved: the inodes", auto.next().note());
    suits[0] = true;
    assertEquals("path", auto.next().name(), "for good");
  }

  @Test
  void autoRunsPathForNamesThatResolvedCanNotTellAndOnlyWhileThereAreAny() {
    long[] now = {0};
    int[] deepest = {ResolvedProgram.DEEPEST + 1};
    AutoProgram auto =
        new AutoProgram(
            () -> {
              if (!ResolvedProgram.tells(deepest[0], 3)) {
                throw new TraceFailure.NamesUnfit("too deep");
              }
              return named("resolved").next();
            },
            named("path"),
            () -> now[0]);
    TraceProgram path = auto.next();
    assertEquals("path and not resolved: too deep", path.note());
    auto.worked();
    auto.failed("a crash of path", true);
    assertEquals("path", auto.next().name(), "the names are still there");

    now[0] = AutoProgram.REST.toNanos() - 1;
    assertTrue(path.names().fit(1, 3), "not yet: the name may come again");
    now[0]++;
    assertFalse(path.names().fit(1, 3), "now resolved is the right one");
    assertTrue(path.names().fit(ResolvedProgram.DEEPEST + 1, 3));
    assertTrue(path.names().fit(1, 200));
    deepest[0] = 1;
    TraceProgram resolved = auto.next();
    assertEquals("resolved", resolved.name());
    assertNull(resolved.note());
  }

  @Test
  void namesWhoseEntriesLieSideBySideInTheKernelHaveAKeyEach() {
    long size = 192;
    long memory = 0xffff_8881_0000_0000L;
    List<Integer> order = IntStream.range(0, 2000).boxed().collect(Collectors.toList());
    Collections.shuffle(order, new Random(1));
    Set<Long> keys = new HashSet<>();
    for (int i = 0; i < order.size(); i++) {
      long outer = memory + size * i;
      long inner = memory + size * (order.size() + order.get(i));
      keys.add(outer * ResolvedProgram.weight(0) + inner * ResolvedProgram.weight(1));
    }
    assertEquals(order.size(), keys.size());
  }

  @Test
  void theDeeperTheNamesTheShorterTheComponentsThatResolvedTells() {
    assertTrue(ResolvedProgram.tells(1, 158));
    assertFalse(ResolvedProgram.tells(1, 159));
    assertTrue(ResolvedProgram.tells(6, 46));
    assertFalse(ResolvedProgram.tells(6, 47));
    assertTrue(ResolvedProgram.tells(0, 0));
    assertTrue(ResolvedProgram.tells(8, 30));
    assertFalse(ResolvedProgram.tells(9, 1));
  }

  @Test
  void aProgramTellsNoLongerComponentsThanItsOwnDepthAllows() {
    assertTrue(ResolvedProgram.tells(2, 60), "one made for two components would tell it");
    assertTrue(ResolvedProgram.toldBy(2).fit(2, 60));
    assertFalse(ResolvedProgram.toldBy(6).fit(2, 60));
    assertTrue(ResolvedProgram.toldBy(6).fit(2, 46));
    assertFalse(ResolvedProgram.toldBy(1).fit(2, 1));
  }

  @Test
  void autoFallsBackToPathIfResolvedCanNotBeMade() {
    AutoProgram auto = new AutoProgram(failing("no BTF"), named("path"));
    assertEquals("path and not resolved: no BTF", auto.next().note());
  }

  @Test
  void autoDoesNotFallBackFromWhatHasWorked() {
    boolean[] broken = {false};
    AutoProgram auto =
        new AutoProgram(
            () -> (broken[0] ? failing("the root is gone") : named("resolved")).next(),
            named("path"));
    auto.next();
    auto.worked();
    broken[0] = true;
    assertThrows(TraceFailure.class, auto::next);
    broken[0] = false;
    assertEquals("resolved", auto.next().name());
  }

  @Test
  void autoSaysSoIfNeitherCanBeMade() {
    AutoProgram auto = new AutoProgram(failing("no BTF"), failing("no tracepoints"));
    assertThrows(TraceFailure.class, auto::next);
  }

  @Test
  void thePathProgramProbesTheCallsThatThereAre() throws Exception {
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_openat"));
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_execve"));
    TraceProgram program = new PathProgram(settings(), tracefs).next();
    String source = program.source();
    assertEquals("path", program.name());
    assertTrue(source.contains("tracepoint:syscalls:sys_enter_openat\n"), source);
    assertTrue(source.contains("tracepoint:syscalls:sys_enter_execve\n"), source);
    assertFalse(source.contains("openat2"), source);
    assertTrue(source.contains("strncmp(str(args->filename), \"/opt/ce/\", 8) == 0"), source);
    assertTrue(source.contains("comm != \"updatedb\""), source);
    assertTrue(source.contains(program.mark()), source);
    assertFalse(source.contains("@MARK@") || source.contains("_CALL@"), source);
    assertFalse(source.contains("BEGIN"), "stripped builds of bpftrace can't run it");
  }

  @Test
  void everyRunHasAMarkOfItsOwn() throws Exception {
    Files.createDirectories(tracefs.resolve("events/syscalls/sys_enter_openat"));
    PathProgram programs = new PathProgram(settings(), tracefs);
    TraceProgram first = programs.next();
    assertTrue(first.mark().matches("[0-9a-f]{16}"), first.mark());
    assertNotEquals(first.mark(), programs.next().mark());
    assertNotEquals(first.canary().token(), first.canary().token());
  }

  @Test
  void withoutTracepointsThereIsNoProgram() {
    TraceFailure failure =
        assertThrows(TraceFailure.class, new PathProgram(settings(), tracefs)::next);
    assertTrue(failure.getMessage().contains("is tracefs mounted?"), failure.getMessage());
  }

  @Test
  void aCanaryIsMissingSinceTheFirstThatDidNotComeBack() {
    CanaryFlight flight = new CanaryFlight();
    assertEquals(Duration.ZERO, flight.missing(100));
    flight.depart("a", 100);
    flight.depart("b", 200);
    assertEquals(Duration.ofNanos(300), flight.missing(400));
    assertEquals(Optional.empty(), flight.arrive("c", 400));
    assertEquals(Optional.of(Duration.ofNanos(250)), flight.arrive("b", 450));
    assertEquals(Duration.ZERO, flight.missing(1000));
    assertEquals(Optional.empty(), flight.arrive("a", 1000), "one of them was enough");
    flight.depart("d", 1000);
    assertEquals(Duration.ofNanos(1), flight.missing(1001));
  }

  @Test
  void aCanaryThatIsForgivenIsMissingFromThenOn() {
    CanaryFlight flight = new CanaryFlight();
    flight.depart("a", 100);
    flight.forgive(1000);
    assertEquals(Duration.ofNanos(5), flight.missing(1005));
    assertEquals(Optional.of(Duration.ofNanos(910)), flight.arrive("a", 1010));
  }

  private static Settings settings() {
    return TestSettings.settings("root = /opt/ce", "trace.ignore-comms = [updatedb]");
  }
}
