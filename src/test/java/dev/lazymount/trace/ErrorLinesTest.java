package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Standard error of bpftrace: lines, and the reason in them. */
final class ErrorLinesTest {
  private static final String HARMLESS = "ERROR: Failed: couldn't set RLIMIT_MEMLOCK";

  private final LineSplitter splitter = new LineSplitter();
  private final ErrorLines errors = new ErrorLines();

  @Test
  void bytesBecomeLinesWhereverTheyAreCut() {
    assertEquals(List.of("one", "two"), feed("one\ntwo\nth"));
    assertEquals(List.of(), feed("re"));
    assertEquals(List.of("three"), feed("e\n\n\n"));
  }

  @Test
  void lineOfTenMegabytesIsTruncated() {
    byte[] chunk = "x".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 100; i++) {
      assertEquals(List.of(), splitter.feed(chunk));
    }
    assertEquals(List.of("x".repeat(512), "next"), feed("y\nnext\n"));
  }

  @Test
  void lastFourLinesAreTheReasonWithoutAnError() {
    assertEquals("", errors.reason());
    add("1");
    assertEquals("1", errors.reason());
    for (int i = 2; i <= 1000; i++) {
      add(Integer.toString(i));
    }
    assertEquals("997 | 998 | 999 | 1000", errors.reason());
  }

  @Test
  void harmlessErrorIsNoReason() {
    add(HARMLESS);
    assertEquals("bpftrace ended with status 1", errors.describe(1));
    add("the moon is full");
    assertEquals("bpftrace ended with status 1: the moon is full", errors.describe(1));
  }

  /** As printed by 0.25 for a program that the verifier refuses. */
  @Test
  void errorsAreTheReasonAndWarningsAfterThemAreNot() {
    add(HARMLESS);
    add("stdin:9:18-19: WARNING: signed operands for '%' can lead to undefined behavior");
    add("ERROR: Error loading BPF program for tracepoint_syscalls_sys_exit_openat_1.");
    add("stdin:10:3-5: WARNING: address space of $c0");
    for (int i = 0; i < 10; i++) {
      add("  @idle[0] = (@idle[0] + 1) % 10;");
    }
    assertEquals(
        "bpftrace ended with status 255: ERROR: Error loading BPF program for"
            + " tracepoint_syscalls_sys_exit_openat_1.",
        errors.describe(255));
  }

  /** With kill -9, an old line had nothing to do with it. */
  @Test
  void signalIsTheReasonAndNotAnEarlierLine() {
    add("stdin:1: ERROR: from an hour ago");
    add("WARNING: Lost something");
    assertEquals("bpftrace was killed by signal 9", errors.describe(128 + 9));
    assertEquals("bpftrace was killed by signal 64", errors.describe(192));
  }

  private void add(String line) {
    errors.add(line);
  }

  private List<String> feed(String text) {
    return splitter.feed(text.getBytes(StandardCharsets.UTF_8));
  }
}
