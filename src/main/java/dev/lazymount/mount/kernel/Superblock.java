package dev.lazymount.mount.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Checks an image's superblock before the kernel does, so that a bad image costs no loop device and
 * has a reason that an operator understands. Layouts: struct squashfs_super_block in the kernel's
 * fs/squashfs/squashfs_fs.h and struct erofs_super_block in fs/erofs/erofs_fs.h; both
 * little-endian.
 *
 * @param type which file system it is
 * @param problem what is wrong with it; empty if nothing is
 */
record Superblock(Type type, Optional<String> problem) {
  /** The file systems that an image may have. */
  enum Type {
    SQUASHFS("squashfs"),
    EROFS("erofs");

    private final String name;

    Type(String name) {
      this.name = name;
    }

    /** Its name in the kernel. */
    String kernelName() {
      return name;
    }
  }

  private static final int SQUASHFS_SIZE = 96;
  private static final int SQUASHFS_MAGIC = 0x73717368;
  private static final int EROFS_OFFSET = 1024;
  private static final int EROFS_SIZE = 128;
  private static final int EROFS_MAGIC = 0xE0F5E1E2;

  /** Bytes to read at the start of a file. */
  static final int SIZE = EROFS_OFFSET + EROFS_SIZE;

  /**
   * Checks the first bytes of a file.
   *
   * @param head the bytes
   * @param length how many of them there are
   * @param fileSize bytes of the whole file
   */
  static Superblock read(byte[] head, int length, long fileSize) {
    ByteBuffer b = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    if (length == SIZE && b.getInt(EROFS_OFFSET) == EROFS_MAGIC) {
      return new Superblock(Type.EROFS, erofs(b, fileSize));
    }
    return new Superblock(Type.SQUASHFS, squashfs(b, length, fileSize));
  }

  private static Optional<String> squashfs(ByteBuffer b, int length, long fileSize) {
    if (fileSize == 0) {
      return Optional.of("the image is empty");
    }
    if (length < SQUASHFS_SIZE) {
      return Optional.of(
          "the image is truncated: " + fileSize + " bytes, a superblock has " + SQUASHFS_SIZE);
    }
    if (b.getInt(0) != SQUASHFS_MAGIC) {
      return Optional.of("the image is neither squashfs (no \"hsqs\" at its start) nor erofs");
    }
    int major = Short.toUnsignedInt(b.getShort(28));
    int minor = Short.toUnsignedInt(b.getShort(30));
    if (major != 4 || minor != 0) {
      return Optional.of("the image is squashfs " + major + "." + minor + ", the kernel reads 4.0");
    }
    return truncated(b.getLong(40), SQUASHFS_SIZE, fileSize);
  }

  private static Optional<String> erofs(ByteBuffer b, long fileSize) {
    int bits = b.get(EROFS_OFFSET + 12);
    if (bits < 9 || bits > 16) {
      return Optional.of(
          "the image is erofs with blocks of 2^" + bits + " bytes, which is invalid");
    }
    long blocks = Integer.toUnsignedLong(b.getInt(EROFS_OFFSET + 36));
    return truncated(blocks << bits, EROFS_OFFSET + EROFS_SIZE, fileSize);
  }

  private static Optional<String> truncated(long used, long least, long fileSize) {
    return used < least || used > fileSize
        ? Optional.of("the image is truncated: " + fileSize + " bytes, its superblock says " + used)
        : Optional.empty();
  }
}
