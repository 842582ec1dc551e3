package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Loop devices, without one. */
final class LoopDeviceTest {
  @Test
  void pathDependsOnTheMinorNumbersPerDevice() {
    assertEquals("/dev/loop0", LoopDevice.path(0, 1));
    assertEquals("/dev/loop300", LoopDevice.path(300, 1));
    // max_part=8 becomes 15: sixteen minor numbers each.
    assertEquals("/dev/loop0", LoopDevice.path(0, 16));
    assertEquals("/dev/loop1", LoopDevice.path(16, 16));
    assertEquals("/dev/loop300", LoopDevice.path(4800, 16));
  }
}
