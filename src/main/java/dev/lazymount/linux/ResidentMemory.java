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
 * Gives back memory that only the start needed: what the C library keeps of what was freed, and
 * pages of files that were read once. The latter stay in the page cache, from where a touch brings
 * them back without reading anything; but the kernel may take them now when it needs room, and they
 * don't count as ours.
 */
public final class ResidentMemory {
  private static final int MADV_DONTNEED = 4;

  /** A mapping in proc_pid_smaps(5): addresses, rights, offset, device, inode, file. */
  private static final Pattern HEAD =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ (\\d+)\\s*(\\S.*)?");

  /** Pages that are no more the file's, in memory or swapped out. */
  private static final Pattern OWN = Pattern.compile("(?:Anonymous|Swap):\\s+[1-9]\\d* kB");

  private ResidentMemory() {}

  /** A part of the address space. */
  record Mapping(long start, long size) {}

  /**
   * Gives back what can be; whatever the program touches comes back by itself. Thread-safe; some
   * milliseconds.
   *
   * @throws IOException if the kernel does not tell the mappings
   */
  public static void release() throws IOException {
    trimMalloc();
    try (BufferedReader smaps =
        Files.newBufferedReader(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
      for (Mapping mapping : unwritten(smaps)) {
        // Advice: one that is refused is no harm.
        LibC.madvise(mapping.start(), mapping.size(), MADV_DONTNEED);
      }
    }
  }

  /**
   * How much is resident now, pages: the second field of proc_pid_statm(5); 0 if it is not told.
   */
  public static long pages() {
    try {
      return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]);
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * The mappings of files that can't be written and have not been: a page of them is the file's,
   * and comes back as it was. (A class archive that was moved, or a library's relocated part, was
   * written and then protected; to drop that would lose it.)
   */
  static List<Mapping> unwritten(BufferedReader smaps) throws IOException {
    List<Mapping> found = new ArrayList<>();
    boolean last = false;
    for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
      // Of the thousands of lines most are neither of the two: that is seen without a pattern.
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

  /** malloc_trim(3), which glibc has and musl has not. */
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
