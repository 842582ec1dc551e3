package dev.lazymount.trace.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every choice that depends on the release of bpftrace. */
final class BpftraceVersionTest {
  private static BpftraceVersion version(String text) {
    return BpftraceVersion.parse("bpftrace v" + text);
  }

  @ParameterizedTest
  @CsvSource({
    "bpftrace v0.17.0, 0.17",
    "bpftrace v0.23.2, 0.23",
    "'bpftrace v0.27.1-3+b1\n', 0.27",
    "bpftrace 0.21, 0.21",
    "bpftrace v1.0.0, 1.0",
    "bpftrace v0.9.4, 0.9",
    "bpftrace fe3362b8, of unknown version",
    "'', of unknown version",
    "bpftrace v99999999999.1, of unknown version",
  })
  void versionIsParsed(String printed, String expected) {
    assertEquals(expected, BpftraceVersion.parse(printed).toString());
  }

  @Test
  void versionsAreOrderedByNumber() {
    assertTrue(version("0.9.4").compareTo(version("0.17.0")) < 0);
    assertTrue(version("1.0").compareTo(version("0.27.1")) > 0);
    assertTrue(BpftraceVersion.UNKNOWN.compareTo(version("0.27.1")) > 0);
    assertEquals(0, version("0.23.2").compareTo(version("0.23.5")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.17.0", "0.20.2", "0.21.3", "0.24.0", "0.25.0", "0.27.1", "0.99", "1.2"})
  void supportedReleaseIsNotRefused(String text) {
    assertEquals(Optional.empty(), version(text).refusal());
  }

  @Test
  void unknownReleaseIsNotRefused() {
    assertEquals(Optional.empty(), BpftraceVersion.UNKNOWN.refusal());
  }

  @Test
  void olderReleaseIsRefusedWithWhatToInstall() {
    assertEquals(
        Optional.of("bpftrace 0.14 is not supported; install bpftrace 0.17 or newer"),
        version("0.14.0").refusal());
  }

  @ParameterizedTest
  @CsvSource({
    "0.17.0, 192, 160, 112, 88",
    "0.20.2, 192, 160, 112, 88",
    "0.21.2, 112, 104, 104, 88",
    "0.22.0, 192, 160, 112, 88",
    "0.27.1, 192, 160, 112, 88",
  })
  void stringsAreShorterWithTheReleaseThatUsesMoreStack(
      String text, int path, int one, int two, int three) {
    BpftraceVersion version = version(text);
    assertEquals(path, version.pathLength());
    assertEquals(one, version.componentLength(1));
    assertEquals(two, version.componentLength(2));
    assertEquals(three, version.componentLength(3));
    assertEquals(one - 2, Walk.longestComponent(1, version));
  }

  /** It would make programs fail to load with 0.24.0 to 0.26.1. */
  @Test
  void maximumStringLengthIsNotSetByItsNewName() {
    assertEquals(
        Map.of(
            "BPFTRACE_STRLEN", "64",
            "BPFTRACE_MAP_KEYS_MAX", "4096",
            "BPFTRACE_MAX_MAP_KEYS", "4096",
            "BPFTRACE_PERF_RB_PAGES", "32"),
        BpftraceVersion.environment(64, 4096, 32));
  }

  /** 0.25 may take strncmp() for the kernel's function. */
  @Test
  void prefixIsComparedWithoutStrncmp() {
    assertEquals(
        "str(p, 4) == \"/ce/\" || str(p, 5) == \"/ce/\"",
        BpftraceVersion.beginsWith("p", "/ce/", 4));
  }

  @ParameterizedTest
  @CsvSource({
    "Lost 12 events, 12",
    "WARNING: Lost 12 events, 12",
    "Lost 1 events since the last time, 1",
    "Lost 999999999999999999 events, 999999999999999999",
    "Lost 0 events, 0",
    "Lost events, 0",
    "Lost -1 events, 0",
    "Lost 12, 0",
    "lost 12 events, 0",
    "ERROR: Lost 12 events, 0",
    "'', 0",
  })
  void lostEventsAreReadFromBothForms(String line, long expected) {
    assertEquals(expected, BpftraceVersion.lostEvents(line));
  }

  @Test
  void startMessageIsKnownInBothForms() {
    assertTrue(BpftraceVersion.isStartMessage("Attaching 6 probes..."));
    assertTrue(BpftraceVersion.isStartMessage("Attached 6 probes"));
    assertTrue(BpftraceVersion.isStartMessage("Attached 1 probe"));
    assertFalse(BpftraceVersion.isStartMessage("Attaching probes"));
  }

  @ParameterizedTest
  @CsvSource({
    "stdin:1:1-10: ERROR: tracepoint not found, true",
    "ERROR: Error loading BPF program for x, true",
    "definitions.h:2:1: error: expected identifier, true",
    "ERROR: Failed: couldn't set RLIMIT_MEMLOCK, false",
    "stdin:9:18-19: WARNING: signed operands for '%', false",
    "Attached 6 probes, false",
    "'  @idle[0] = (@idle[0] + 1) % 10;', false",
  })
  void errorIsTheReasonAndWarningIsNot(String line, boolean expected) {
    assertEquals(expected, BpftraceVersion.isError(line));
  }

  /** 255 is the status of a program that does not load, from 0.23 on. */
  @Test
  void signalsAreStatus129To192() {
    assertEquals(OptionalInt.of(1), BpftraceVersion.signal(129));
    assertEquals(OptionalInt.of(9), BpftraceVersion.signal(137));
    assertEquals(OptionalInt.of(64), BpftraceVersion.signal(192));
    for (int status : new int[] {-1, 0, 1, 127, 128, 193, 255}) {
      assertEquals(OptionalInt.empty(), BpftraceVersion.signal(status), "status " + status);
    }
  }
}
