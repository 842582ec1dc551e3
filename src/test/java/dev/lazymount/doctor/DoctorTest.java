package dev.lazymount.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.doctor.Doctor.Check;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Checks that hang or crash are findings like others, and the next ones are made. */
final class DoctorTest {
  @Test
  void everyCheckHasAFindingAndOneThatHangsIsNotWaitedFor() {
    List<Finding> told = new ArrayList<>();
    List<Finding> findings =
        Doctor.examine(
            List.of(
                Check.of("good", () -> Finding.ok("good", "there")),
                new Check(
                    "hangs",
                    Duration.ofMillis(50),
                    "ask the storage",
                    () -> {
                      new CountDownLatch(1).await();
                      return Finding.ok("hangs", "never");
                    }),
                Check.of(
                    "crashes",
                    () -> {
                      throw new IOException("EIO");
                    }),
                Check.of("last", () -> Finding.warn("last", "so so", "mend it"))),
            told::add);
    assertEquals(findings, told);
    assertEquals(
        List.of(Finding.Level.OK, Finding.Level.FAIL, Finding.Level.FAIL, Finding.Level.WARN),
        findings.stream().map(Finding::level).toList());
    assertEquals("ask the storage", findings.get(1).mend());
    assertTrue(findings.get(2).finding().contains("EIO"), findings.toString());
  }
}
