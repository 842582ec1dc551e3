package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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

  @Test
  void callThatReturnsEagainIsRepeated() {
    Deque<Integer> results = new ArrayDeque<>(List.of(-Errno.EAGAIN, -Errno.EAGAIN, 3));
    List<Integer> pauses = new ArrayList<>();
    assertEquals(3, LoopDevice.repeatOnEagain(results::poll, pauses::add));
    assertEquals(List.of(1, 2), pauses);
  }

  @Test
  void eagainIsGivenUpAfterASecond() {
    List<Integer> pauses = new ArrayList<>();
    assertEquals(-Errno.EAGAIN, LoopDevice.repeatOnEagain(() -> -Errno.EAGAIN, pauses::add));
    assertEquals(1023, pauses.stream().mapToInt(Integer::intValue).sum());
  }

  @Test
  void otherErrorsAreNotRepeated() {
    List<Integer> pauses = new ArrayList<>();
    assertEquals(-Errno.EBUSY, LoopDevice.repeatOnEagain(() -> -Errno.EBUSY, pauses::add));
    assertEquals(List.of(), pauses);
  }
}
