package dev.lazymount.daemon;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Decides when the trace must be restarted because of a CPU. bpftrace opens one buffer for each CPU
 * that is online when it starts: events of a CPU that comes online later are dropped and not
 * counted as lost, and so are those of one that was offline in between (seen with bpftrace 0.17 on
 * Linux 6.18). A CPU that only goes needs nothing. A CPU that goes and comes in a loop must not
 * restart the trace in a loop, so the pause between two restarts doubles. A part of the Supervisor
 * and used by it alone.
 */
final class CpuWatch {
  /** The time between two looks. Three of them, and a restart, are less than ten seconds. */
  static final Duration INTERVAL = Duration.ofSeconds(2);

  /** The pause between two restarts. */
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(4);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

  /** After so long without a restart, the pause is the shortest again. */
  private static final Duration CALM = LONGEST_PAUSE.multipliedBy(2);

  private final LongSupplier nanoTime;
  private Map<Integer, Long> seen = Map.of();

  /** The CPUs that the running trace has buffers for; null if none runs, or it is to restart. */
  private Map<Integer, Long> traced;

  private Duration pause = Duration.ZERO;
  private long restartedAt;

  /** With a clock, as System.nanoTime() is. */
  CpuWatch(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * A trace has started. It counts as having the CPUs of the look before: with those of a later
   * one, a CPU that came online in between might be missed.
   */
  void started() {
    traced = new HashMap<>(seen);
  }

  /** The trace has stopped, or has been told to. */
  void stopped() {
    traced = null;
  }

  /**
   * Takes in a look.
   *
   * @param online the CPUs that are online, each with a number that changes when it comes back
   * @return the CPUs for which the trace must be restarted now; mostly empty
   */
  SortedSet<Integer> look(Map<Integer, Long> online) {
    seen = Map.copyOf(online);
    SortedSet<Integer> missing = new TreeSet<>();
    if (traced == null) {
      return missing;
    }
    traced.keySet().retainAll(online.keySet());
    online.forEach(
        (cpu, number) -> {
          if (!number.equals(traced.get(cpu))) {
            missing.add(cpu);
          }
        });
    if (missing.isEmpty()) {
      return missing;
    }
    long now = nanoTime.getAsLong();
    if (pause.isZero() || now - restartedAt >= CALM.toNanos()) {
      pause = SHORTEST_PAUSE;
    } else if (now - restartedAt >= pause.toNanos()) {
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    } else {
      return new TreeSet<>();
    }
    restartedAt = now;
    traced = null;
    return missing;
  }
}
