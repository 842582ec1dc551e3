package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SuperblockTest {
  private static final int FILE_SIZE = 8192;
  private static final int EROFS = 1024;

  private final ByteBuffer head =
      ByteBuffer.allocate(Superblock.SIZE).order(ByteOrder.LITTLE_ENDIAN);

  @BeforeEach
  void goodSquashfs() {
    head.put("hsqs".getBytes(StandardCharsets.US_ASCII));
    head.putShort(28, (short) 4);
    head.putShort(30, (short) 0);
    head.putLong(40, 8000);
  }

  private void goodErofs() {
    head.clear().put(new byte[Superblock.SIZE]);
    head.putInt(EROFS, 0xE0F5E1E2);
    head.put(EROFS + 12, (byte) 12);
    head.putInt(EROFS + 36, 2);
  }

  @Test
  void goodSquashfsHasNoProblem() {
    Superblock good = new Superblock(Superblock.Type.SQUASHFS, Optional.empty());
    assertEquals(good, Superblock.read(head.array(), Superblock.SIZE, FILE_SIZE));
    assertEquals(good, Superblock.read(head.array(), Superblock.SIZE, 8000));
    assertEquals("squashfs", good.type().kernelName());
  }

  @Test
  void goodErofsHasNoProblem() {
    goodErofs();
    Superblock good = new Superblock(Superblock.Type.EROFS, Optional.empty());
    assertEquals(good, Superblock.read(head.array(), Superblock.SIZE, FILE_SIZE));
    assertEquals("erofs", good.type().kernelName());
  }

  @Test
  void emptyAndShortFilesAreReported() {
    assertProblem("the image is empty", 0, 0);
    assertProblem("truncated: 95 bytes, a superblock has 96", 95, 95);
  }

  @Test
  void truncatedSquashfsIsReported() {
    assertProblem("truncated: 7999 bytes, its superblock says 8000", Superblock.SIZE, 7999);
    head.putLong(40, Long.MAX_VALUE);
    assertProblem("truncated", Superblock.SIZE, FILE_SIZE);
  }

  @Test
  void truncatedErofsIsReported() {
    goodErofs();
    assertProblem("truncated: 8191 bytes, its superblock says 8192", Superblock.SIZE, 8191);
    head.putInt(EROFS + 36, -1);
    assertProblem("superblock says 17592186040320", Superblock.SIZE, FILE_SIZE);
  }

  @Test
  void invalidSizeIsReported() {
    head.putLong(40, 95);
    assertProblem("truncated", Superblock.SIZE, FILE_SIZE);
    head.putLong(40, -1);
    assertProblem("truncated", Superblock.SIZE, FILE_SIZE);
    goodErofs();
    head.putInt(EROFS + 36, 0);
    assertProblem("truncated", Superblock.SIZE, FILE_SIZE);
  }

  @Test
  void invalidBlockSizeIsReported() {
    goodErofs();
    for (byte bits : new byte[] {8, 17, -1, 127}) {
      head.put(EROFS + 12, bits);
      assertProblem("which is invalid", Superblock.SIZE, FILE_SIZE);
    }
  }

  @Test
  void otherFileSystemIsReported() {
    head.putInt(0, 0x12345678);
    assertProblem("neither squashfs", Superblock.SIZE, FILE_SIZE);
    head.put(0, "sqsh".getBytes(StandardCharsets.US_ASCII));
    assertProblem("neither squashfs", Superblock.SIZE, FILE_SIZE);
  }

  @Test
  void unsupportedVersionIsReported() {
    head.putShort(28, (short) 3);
    assertProblem("squashfs 3.0, the kernel reads 4.0", Superblock.SIZE, FILE_SIZE);
    head.putShort(28, (short) 4);
    head.putShort(30, (short) 1);
    assertProblem("squashfs 4.1", Superblock.SIZE, FILE_SIZE);
  }

  private void assertProblem(String expected, int length, long fileSize) {
    String problem = Superblock.read(head.array(), length, fileSize).problem().orElseThrow();
    assertTrue(problem.contains(expected), problem);
  }
}
