package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileStatusTest {
  private static final long MOUNT_ROOT = 0x2000;

  @Test
  void readsEachFieldAtItsOffset() {
    FileStatus status = FileStatus.parse(statx(0100644, 0, 0));
    assertEquals(
        new FileStatus(
            FileType.FILE,
            FileStatus.device(259, 4711),
            0x1122334455667788L,
            5_000_000_000L,
            1_700_000_000_123_456_789L,
            0644,
            1000,
            1001,
            false),
        status);
  }

  @ParameterizedTest
  @CsvSource({
    "0100000, FILE", "0040000, DIRECTORY", "0120000, SYMLINK", "0010000, FIFO",
    "0140000, SOCKET", "0020000, CHARACTER_DEVICE", "0060000, BLOCK_DEVICE", "0000000, UNKNOWN",
    "0170000, UNKNOWN"
  })
  void readsEachFileType(String mode, FileType expected) {
    FileStatus status = FileStatus.parse(statx(Integer.parseInt(mode, 8) | 07755, 0, 0));
    assertEquals(expected, status.type());
    assertEquals(07755, status.mode());
  }

  @Test
  void mountRootNeedsMaskAndAttribute() {
    assertTrue(FileStatus.parse(statx(0040755, MOUNT_ROOT, MOUNT_ROOT)).mountRoot());
    assertFalse(FileStatus.parse(statx(0040755, MOUNT_ROOT, 0)).mountRoot(), "not supported");
    assertFalse(FileStatus.parse(statx(0040755, 0, MOUNT_ROOT)).mountRoot(), "supported, no");
    assertFalse(FileStatus.parse(statx(0040755, ~MOUNT_ROOT, ~MOUNT_ROOT)).mountRoot(), "others");
  }

  @ParameterizedTest
  @CsvSource({"7, 0", "7, 255", "7, 256", "7, 4095", "7, 1048575", "259, 3", "0, 52", "4095, 1"})
  void majorAndMinorAreReadBack(int major, int minor) {
    FileStatus status =
        new FileStatus(FileType.FILE, FileStatus.device(major, minor), 0, 0, 0, 0, 0, 0, false);
    assertEquals(major, status.major());
    assertEquals(minor, status.minor());
  }

  @Test
  void timeOfCreationNeedsItsMask() {
    byte[] bytes = statx(0100644, 0, 0);
    ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.nativeOrder()).putInt(0, 0x7ff);
    assertEquals(java.util.OptionalLong.empty(), FileStatus.birth(bytes));
    ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.nativeOrder())
        .putInt(0, 0xfff)
        .putLong(80, 1_600_000_000L)
        .putInt(88, 5);
    assertEquals(1_600_000_000_000_000_005L, FileStatus.birth(bytes).orElseThrow());
  }

  @Test
  void deviceHasTheEncodingOfTheKernel() {
    assertEquals(0x0700, FileStatus.device(7, 0));
    assertEquals(0x10072c, FileStatus.device(7, 300), "stat -c %D of /dev/loop300's file system");
  }

  /** A struct statx whose other bytes are 1, so that a read at a wrong offset fails. */
  private static byte[] statx(int mode, long attributes, long attributesMask) {
    byte[] bytes = new byte[FileStatus.SIZE];
    java.util.Arrays.fill(bytes, (byte) 1);
    ByteBuffer b = Struct.of(bytes);
    b.putLong(8, attributes);
    b.putInt(20, 1000);
    b.putInt(24, 1001);
    b.putShort(28, (short) mode);
    b.putLong(32, 0x1122334455667788L);
    b.putLong(40, 5_000_000_000L);
    b.putLong(56, attributesMask);
    b.putLong(112, 1_700_000_000L);
    b.putInt(120, 123_456_789);
    b.putInt(136, 259);
    b.putInt(140, 4711);
    return bytes;
  }
}
