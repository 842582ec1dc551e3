package dev.lazymount.status;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The processes that walk the tree now; at most {@link #MOST} of them. Thread-safe. */
public final class ScannerBoard {
  /** The most that are shown; the counters count all. */
  public static final int MOST = 10;

  /** One that has been quiet for so long is no scanner any more. */
  private static final Duration QUIET = Duration.ofSeconds(60);

  private final Map<Integer, Scanner> scanners = new LinkedHashMap<>();

  /** Shows a scanner, or its newest figures, in place of the one quiet for longest. */
  synchronized void put(Scanner scanner) {
    scanners.remove(scanner.pid());
    scanners.put(scanner.pid(), scanner);
    if (scanners.size() > MOST) {
      scanners.remove(scanners.keySet().iterator().next());
    }
  }

  /** Those that were active in the last minute, longest known first. */
  synchronized List<Scanner> active(Instant now) {
    scanners.values().removeIf(scanner -> scanner.lastSeen().isBefore(now.minus(QUIET)));
    List<Scanner> active = new ArrayList<>(scanners.values());
    active.sort(Comparator.comparing(Scanner::since));
    return active;
  }
}
