package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SquashfsSuperblockTest {
  private static final int FILE_SIZE = 8192;
  private final ByteBuffer head = ByteBuffer.allocate(96).order(ByteOrder.LITTLE_ENDIAN);

  SquashfsSuperblockTest() {
    head.put("hsqs".getBytes(StandardCharsets.US_ASCII));
    head.putShort(28, (short) 4);
    head.putShort(30, (short) 0);
    head.putLong(40, 8000);
  }

  @Test
  void nothingIsWrongWithAGoodOne() {
    assertEquals(Optional.empty(), SquashfsSuperblock.problem(head.array(), 96, FILE_SIZE));
    assertEquals(Optional.empty(), SquashfsSuperblock.problem(head.array(), 96, 8000));
  }

  @Test
  void anEmptyFileAndAShortOneAreTold() {
    assertProblem("the image is empty", 0, 0);
    assertProblem("cut off: 95 bytes, a superblock has 96", 95, 95);
  }

  @Test
  void aFileCutOffBehindItsSuperblockIsTold() {
    assertProblem("cut off: 7999 bytes, its superblock says 8000", 96, 7999);
    head.putLong(40, Long.MAX_VALUE);
    assertProblem("cut off", 96, FILE_SIZE);
  }

  @Test
  void aSizeThatCanNotBeIsTold() {
    head.putLong(40, 95);
    assertProblem("cut off", 96, FILE_SIZE);
    head.putLong(40, -1);
    assertProblem("cut off", 96, FILE_SIZE);
  }

  @Test
  void anotherFileSystemIsTold() {
    head.putInt(0, 0xe0f5e1e2);
    assertProblem("no squashfs", 96, FILE_SIZE);
    head.put(0, "sqsh".getBytes(StandardCharsets.US_ASCII));
    assertProblem("no squashfs", 96, FILE_SIZE);
  }

  @Test
  void aVersionTheKernelDoesNotReadIsTold() {
    head.putShort(28, (short) 3);
    assertProblem("squashfs 3.0, the kernel reads 4.0", 96, FILE_SIZE);
    head.putShort(28, (short) 4);
    head.putShort(30, (short) 1);
    assertProblem("squashfs 4.1", 96, FILE_SIZE);
  }

  private void assertProblem(String expected, int length, long fileSize) {
    String problem = SquashfsSuperblock.problem(head.array(), length, fileSize).orElseThrow();
    assertTrue(problem.contains(expected), problem);
  }
}
