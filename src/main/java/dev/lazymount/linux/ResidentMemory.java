package dev.lazymount.linux;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Returns memory to the kernel that only the start needed: freed memory that the C library keeps,
 * and file pages that were read once. File pages stay in the page cache, and an access maps them
 * again without a read; but the kernel can reclaim them, and they do not count as resident memory.
 */
public final class ResidentMemory {
  private static final int MADV_DONTNEED = 4;

  /** A mapping in proc_pid_smaps(5): addresses, rights, offset, device, inode, file. */
  private static final Pattern HEAD =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ (\\d+)\\s*(\\S.*)?");

  /** Modified pages, in memory or swapped out. */
  private static final Pattern OWN = Pattern.compile("(?:Anonymous|Swap):\\s+[1-9]\\d* kB");

  private ResidentMemory() {}

  /** A part of the address space. */
  record Mapping(long start, long size) {}

  /**
   * Releases what can be released. Takes some milliseconds. Thread-safe.
   *
   * @throws IOException if /proc/self/smaps can't be read
   */
  public static void release() throws IOException {
    trimMalloc();
    try (BufferedReader smaps =
        Files.newBufferedReader(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
      for (Mapping mapping : unwritten(smaps)) {
        // A refusal is ignored: it is only advice.
        LibC.madvise(mapping.start(), mapping.size(), MADV_DONTNEED);
      }
    }
  }

  /**
   * The resident memory of this process in pages, from proc_pid_statm(5); 0 if it can't be read.
   */
  public static long pages() {
    try {
      return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]);
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * The read-only mappings of files without a modified page: a dropped page is mapped again with
   * the same content. (A relocated class archive, or the relocated part of a library, was written
   * before it was protected; dropping its pages would lose those changes.)
   */
  static List<Mapping> unwritten(BufferedReader smaps) throws IOException {
    List<Mapping> found = new ArrayList<>();
    boolean last = false;
    for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
      // Most of the thousands of lines are neither; a regular expression for each is slow.
      if (!line.isEmpty() && !Character.isUpperCase(line.charAt(0))) {
        Matcher head = HEAD.matcher(line);
        last = head.matches() && !head.group(4).equals("0") && head.group(3).matches("r-[x-][ps]");
        if (last) {
          long start = Long.parseUnsignedLong(head.group(1), 16);
          found.add(new Mapping(start, Long.parseUnsignedLong(head.group(2), 16) - start));
        }
      } else if (last && isAmount(line) && OWN.matcher(line).matches()) {
        found.remove(found.size() - 1);
        last = false;
      }
    }
    return found;
  }

  private static boolean isAmount(String line) {
    return line.startsWith("Anonymous:") || line.startsWith("Swap:");
  }

  /** malloc_trim(3), which musl does not have. */
  private static void trimMalloc() {
    Function trim;
    try {
      trim = NativeLibrary.getInstance("c").getFunction("malloc_trim");
    } catch (UnsatisfiedLinkError none) {
      return;
    }
    trim.invokeInt(new Object[] {0L});
  }
}
