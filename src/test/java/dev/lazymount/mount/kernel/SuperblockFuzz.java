package dev.lazymount.mount.kernel;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The start of an image file: sound, or a reason why not. */
public final class SuperblockFuzz {
  private SuperblockFuzz() {}

  /** Eight bytes of file size, then the start of the file. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 8) {
      return;
    }
    long size = ByteBuffer.wrap(data).getLong() & Long.MAX_VALUE;
    byte[] head = Arrays.copyOfRange(data, 8, 8 + Superblock.SIZE);
    int length = (int) Math.min(size, Math.min(Superblock.SIZE, data.length - 8));
    Superblock superblock = Superblock.read(head, length, size);
    if (superblock.problem().isEmpty() && length < 96) {
      throw new AssertionError("a superblock of " + length + " bytes is sound");
    }
    FileSource.generation("gcc.img", new String(data, java.nio.charset.StandardCharsets.UTF_8));
  }
}
