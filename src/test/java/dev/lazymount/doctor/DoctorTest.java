package dev.lazymount.doctor;

import static dev.lazymount.support.TestSettings.settings;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.doctor.Check.NeededBy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The list of checks, and how Doctor and Preflight make them. */
final class DoctorTest {
  private static final Check GOOD =
      Check.of("good", NeededBy.START, () -> Finding.ok("good", "it exists"));
  private static final Check CRASHES =
      Check.of(
          "crashes",
          NeededBy.START,
          () -> {
            throw new IOException("EIO");
          });
  private static final Check HANGS =
      new Check(
          "hangs",
          NeededBy.START,
          Duration.ofMillis(50),
          "check the storage",
          () -> {
            new CountDownLatch(1).await();
            return Finding.ok("hangs", "never");
          });
  private static final Check WARNS =
      Check.of("warns", NeededBy.START, () -> Finding.warn("warns", "slow", "buy a new one"));
  private static final Check NO_TRACE =
      Check.of("trace", NeededBy.TRACE, () -> Finding.fail("trace", "no bpftrace", "install it"));
  private static final Check OTHER =
      Check.of("other", () -> Finding.fail("other", "no image", "add one"));

  @Test
  void everyCheckIsReportedInOrder() {
    List<Finding> reported = new ArrayList<>();
    List<Finding> findings = Doctor.examine(List.of(GOOD, CRASHES, WARNS), reported::add);
    assertEquals(findings, reported);
    assertEquals(
        List.of(Finding.Level.OK, Finding.Level.FAIL, Finding.Level.WARN),
        findings.stream().map(Finding::level).toList());
    assertTrue(findings.get(1).finding().contains("EIO"), findings.toString());
  }

  @Test
  void checkThatHangsFailsAtItsTimeout() {
    List<Finding> findings = Doctor.examine(List.of(HANGS, GOOD), finding -> {});
    assertEquals(
        Finding.fail("hangs", "no result within 0 s", "check the storage"), findings.get(0));
    assertEquals(Finding.Level.OK, findings.get(1).level());
  }

  @Test
  void preflightReportsFailuresOfWhatIsNeeded() {
    List<Check> checks = List.of(GOOD, WARNS, NO_TRACE, OTHER);
    Duration timeout = Duration.ofSeconds(60);
    assertEquals(List.of(), Preflight.failures(checks, Set.of(NeededBy.START), timeout));
    assertEquals(
        List.of("no bpftrace; install it"),
        Preflight.failures(checks, Set.of(NeededBy.START, NeededBy.TRACE), timeout));
  }

  @Test
  void preflightReportsACheckThatCrashes() {
    List<String> failures =
        Preflight.failures(List.of(CRASHES), Set.of(NeededBy.START), Duration.ofSeconds(60));
    assertEquals(1, failures.size());
    assertTrue(failures.get(0).startsWith("crashes can't be checked: "), failures.toString());
  }

  @Test
  void preflightIgnoresACheckThatHangs() {
    assertEquals(
        List.of("no bpftrace; install it"),
        Preflight.failures(
            List.of(NO_TRACE, HANGS),
            Set.of(NeededBy.START, NeededBy.TRACE),
            Duration.ofMillis(500)));
  }

  @Test
  void startMountAndTraceNeedTheseChecks() {
    List<Check> checks = Doctor.checks(settings(""));
    assertEquals(
        List.of("user", "kernel", "loop devices", "squashfs", "apart"),
        subjects(checks, NeededBy.START));
    assertEquals(List.of("root", "images"), subjects(checks, NeededBy.MOUNT));
    assertEquals(List.of("tracefs", "bpftrace"), subjects(checks, NeededBy.TRACE));
  }

  @Test
  void subjectsOfChecksAreUnique() {
    List<String> all = Doctor.checks(settings("")).stream().map(Check::subject).toList();
    assertEquals(new HashSet<>(all).size(), all.size(), all.toString());
  }

  private static List<String> subjects(List<Check> checks, NeededBy neededBy) {
    return checks.stream()
        .filter(check -> check.neededBy() == neededBy)
        .map(Check::subject)
        .toList();
  }
}
