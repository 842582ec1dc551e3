package dev.lazymount.mount;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A look at a squashfs superblock before the kernel gets it, so that a bad image costs no loop
 * device and has a reason that a person understands. Layout: struct squashfs_super_block in the
 * kernel's fs/squashfs/squashfs_fs.h, little-endian.
 */
final class SquashfsSuperblock {
  /** Bytes of the superblock. */
  static final int SIZE = 96;

  private static final int MAGIC = 0x73717368;

  private SquashfsSuperblock() {}

  /**
   * What is wrong with it.
   *
   * @param head the first bytes of the file
   * @param length how many of them there are
   * @param fileSize bytes of the whole file
   * @return empty if nothing is
   */
  static Optional<String> problem(byte[] head, int length, long fileSize) {
    if (fileSize == 0) {
      return Optional.of("the image is empty");
    }
    if (length < SIZE) {
      return Optional.of("the image is cut off: " + fileSize + " bytes, a superblock has " + SIZE);
    }
    ByteBuffer b = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    if (b.getInt(0) != MAGIC) {
      return Optional.of("the image is no squashfs: it does not begin with \"hsqs\"");
    }
    int major = Short.toUnsignedInt(b.getShort(28));
    int minor = Short.toUnsignedInt(b.getShort(30));
    if (major != 4 || minor != 0) {
      return Optional.of("the image is squashfs " + major + "." + minor + ", the kernel reads 4.0");
    }
    long used = b.getLong(40);
    if (used < SIZE || used > fileSize) {
      return Optional.of(
          "the image is cut off: " + fileSize + " bytes, its superblock says " + used);
    }
    return Optional.empty();
  }
}
