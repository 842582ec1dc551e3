package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LoopNamesTest {
  private static final long LOOP_0 = 7L << 20;

  @Test
  void minorIsTheNumberOfTheDevice() {
    assertEquals(Optional.of("/dev/loop0"), new LoopNames(0).of(LOOP_0));
    assertEquals(Optional.of("/dev/loop4000"), new LoopNames(0).of(LOOP_0 + 4000));
  }

  @Test
  void minorsOfPartitionsAreLeftOut() {
    assertEquals(Optional.of("/dev/loop3"), new LoopNames(15).of(LOOP_0 + 3 * 16));
  }

  @Test
  void fileSystemWithoutADeviceHasItsNumbers() {
    assertEquals(Optional.of("0:45"), new LoopNames(15).of(45));
  }

  @Test
  void otherDevicesHaveNoName() {
    assertEquals(Optional.empty(), new LoopNames(0).of((259L << 20) + 45));
    assertEquals(Optional.empty(), new LoopNames(0).of((8L << 20) + 1));
  }
}
