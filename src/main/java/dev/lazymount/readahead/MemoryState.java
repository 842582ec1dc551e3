package dev.lazymount.readahead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How short memory is.
 *
 * @param total bytes of the machine
 * @param available bytes that can be used without swapping, page cache included
 * @param stalled percent of the last 10 s in which a process waited for memory
 */
record MemoryState(long total, long available, double stalled) {
  private static final Pattern TOTAL = Pattern.compile("MemTotal: +(\\d+) kB");
  private static final Pattern AVAILABLE = Pattern.compile("MemAvailable: +(\\d+) kB");
  private static final Pattern STALLED = Pattern.compile("some avg10=([0-9.]+)");

  /** The share of the memory that stays available. */
  private static final int RESERVE = 10;

  private static final double MOST_STALLED = 1;

  /** The state now; reads /proc. */
  static MemoryState read() throws IOException {
    String pressure;
    try {
      pressure = Files.readString(Path.of("/proc/pressure/memory"));
    } catch (IOException e) {
      // A kernel without PSI.
      pressure = "";
    }
    return parse(Files.readString(Path.of("/proc/meminfo")), pressure);
  }

  static MemoryState parse(String meminfo, String pressure) {
    Matcher stalled = STALLED.matcher(pressure);
    return new MemoryState(
        kilobytes(TOTAL, meminfo),
        kilobytes(AVAILABLE, meminfo),
        stalled.find() ? Double.parseDouble(stalled.group(1)) : 0);
  }

  private static long kilobytes(Pattern line, String meminfo) {
    Matcher value = line.matcher(meminfo);
    return value.find() ? Long.parseLong(value.group(1)) << 10 : 0;
  }

  /** Why nothing should be read; empty if there is memory for it. */
  Optional<String> problem() {
    if (available < total / RESERVE) {
      return Optional.of("less than a tenth of the memory is available");
    }
    return stalled > MOST_STALLED ? Optional.of("processes wait for memory") : Optional.empty();
  }

  /** The most that one image may have read. */
  long share() {
    return available / 16;
  }
}
