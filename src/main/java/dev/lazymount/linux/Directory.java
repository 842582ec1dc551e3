package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reading a directory with getdents64(2): names and types in one call, without a stat each. */
public final class Directory {
  /**
   * One entry.
   *
   * @param name its name, never {@code .} or {@code ..}
   * @param type its type; {@link FileType#UNKNOWN} where the file system does not say
   */
  public record Entry(String name, FileType type) {}

  /**
   * Entries of a directory.
   *
   * @param entries some, or all
   * @param complete whether that is all of them
   */
  public record Listing(List<Entry> entries, boolean complete) {}

  private static final int BUFFER = 32 * 1024;

  /** offsetof(struct linux_dirent64, d_name). */
  private static final int NAME = 19;

  private Directory() {}

  /**
   * All entries, or as many as the caller has room for, in the file system's order. Names that are
   * not valid UTF-8 are left out: they could not be given back to the kernel as they came.
   *
   * @param directory opened for reading; read from its start only once
   * @param most the most entries to give, those that are left out counted; not more of the
   *     directory is read than it takes to know that there are more
   */
  public static Listing list(Fd directory, int most) throws SyscallException {
    List<Entry> entries = new ArrayList<>();
    byte[] buffer = new byte[BUFFER];
    int seen = 0;
    for (int n = fill(directory, buffer); n > 0 && seen <= most; n = fill(directory, buffer)) {
      seen += parse(buffer, n, entries);
    }
    return seen <= most
        ? new Listing(entries, true)
        : new Listing(new ArrayList<>(entries.subList(0, Math.min(most, entries.size()))), false);
  }

  /**
   * Whether there is at least one entry: reads the first block of the directory and no more.
   *
   * @param directory opened for reading, not read yet
   */
  public static boolean hasEntries(Fd directory) throws SyscallException {
    List<Entry> entries = new ArrayList<>();
    byte[] buffer = new byte[1024];
    for (int n = fill(directory, buffer); n > 0 && entries.isEmpty(); ) {
      parse(buffer, n, entries);
      n = entries.isEmpty() ? fill(directory, buffer) : 0;
    }
    return !entries.isEmpty();
  }

  private static int fill(Fd directory, byte[] buffer) throws SyscallException {
    long n = LibC.getdents64(directory.raw(), buffer, buffer.length);
    if (n < 0) {
      throw new SyscallException("getdents64", LibC.errno());
    }
    return (int) n;
  }

  /** Makes entries of a buffer; tells how many there were, those left out counted. */
  private static int parse(byte[] buffer, int length, List<Entry> into) {
    ByteBuffer b = Struct.of(buffer);
    int seen = 0;
    for (int at = 0; at < length; at += Short.toUnsignedInt(b.getShort(at + 16))) {
      int start = at + NAME;
      int end = start;
      while (buffer[end] != 0) {
        end++;
      }
      boolean dots =
          buffer[start] == '.'
              && (end - start == 1 || (end - start == 2 && buffer[start + 1] == '.'));
      if (!dots) {
        seen++;
        try {
          String name =
              StandardCharsets.UTF_8
                  .newDecoder()
                  .decode(ByteBuffer.wrap(buffer, start, end - start))
                  .toString();
          into.add(new Entry(name, FileType.of(buffer[at + 18])));
        } catch (CharacterCodingException notUtf8) {
          // Documented: such a name is left out.
        }
      }
    }
    return seen;
  }
}
