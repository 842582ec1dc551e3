package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KernelVersionTest {
  @ParameterizedTest
  @CsvSource({
    "6.1.0-28-amd64, 6.1",
    "5.8, 5.8",
    "6.18.0, 6.18",
    "5.10.0-0.deb10.16-cloud-amd64, 5.10",
    "6.5-rc1, 6.5",
    "'', 0.0",
    "unknown, 0.0",
    "6, 0.0",
    "6., 0.0",
    ".1, 0.0",
    "99999999999.1, 0.0",
  })
  void parsesARelease(String release, String expected) {
    assertEquals(expected, KernelVersion.parse(release).toString());
  }

  @Test
  void comparesNumbers() {
    assertTrue(KernelVersion.parse("5.10").compareTo(KernelVersion.parse("5.9")) > 0);
    assertTrue(KernelVersion.parse("5.7.19").compareTo(KernelVersion.MINIMUM) < 0);
    assertTrue(KernelVersion.parse("4.19").compareTo(KernelVersion.MINIMUM) < 0);
    assertTrue(KernelVersion.parse("6.0").compareTo(KernelVersion.MINIMUM) > 0);
    assertEquals(0, KernelVersion.parse("5.8.18-1").compareTo(KernelVersion.MINIMUM));
  }

  @Test
  void parsesTheRunningKernel() {
    assertTrue(KernelVersion.running().major() >= 3);
  }
}
