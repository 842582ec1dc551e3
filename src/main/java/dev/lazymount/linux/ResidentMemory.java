package dev.lazymount.linux;

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
 * Releases pages of mapped files that this process does not need at rest: the JVM's code and the
 * class archive, most of which only the start reads. The pages stay in the page cache, so the next
 * use of one is a minor fault; but they are no longer counted for this process, and the kernel can
 * reclaim them.
 */
public final class ResidentMemory {
  private static final int MADV_DONTNEED = 4;

  /** The first line of a mapping in proc_pid_smaps(5): addresses, rights, offset, device, inode. */
  private static final Pattern HEAD =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ (\\d+)\\s*(\\S.*)?");

  /** Some pages differ from the file, in memory or in swap. */
  private static final Pattern CHANGED = Pattern.compile("(?:Anonymous|Swap):\\s+[1-9]\\d* kB");

  private ResidentMemory() {}

  /** A part of the address space. */
  record Mapping(long start, long size) {}

  /**
   * Releases them. Takes some milliseconds. Thread-safe.
   *
   * @throws IOException if /proc/self/smaps can't be read
   */
  public static void release() throws IOException {
    try (BufferedReader smaps =
        Files.newBufferedReader(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
      for (Mapping mapping : unchanged(smaps)) {
        // Only advice: an error does no harm.
        LibC.madvise(mapping.start(), mapping.size(), MADV_DONTNEED);
      }
    }
  }

  /**
   * The mappings of files that can't be written to and were not changed. A class archive that was
   * relocated, and the relocated part of a library, were changed and then protected: MADV_DONTNEED
   * would lose the changes.
   */
  static List<Mapping> unchanged(BufferedReader smaps) throws IOException {
    List<Mapping> found = new ArrayList<>();
    boolean last = false;
    for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
      Matcher head = HEAD.matcher(line);
      if (head.matches()) {
        last = !head.group(4).equals("0") && head.group(3).matches("r-[x-][ps]");
        if (last) {
          long start = Long.parseUnsignedLong(head.group(1), 16);
          found.add(new Mapping(start, Long.parseUnsignedLong(head.group(2), 16) - start));
        }
      } else if (last && CHANGED.matcher(line).matches()) {
        found.remove(found.size() - 1);
        last = false;
      }
    }
    return found;
  }
}
