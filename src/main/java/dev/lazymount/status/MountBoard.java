package dev.lazymount.status;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The images in use, one line each. Every MountActor writes its own line; anybody reads.
 * Thread-safe.
 */
public final class MountBoard {
  private final Map<String, MountStatus> lines = new ConcurrentHashMap<>();

  /** Writes an image's line. */
  public void put(MountStatus line) {
    lines.put(line.name(), line);
  }

  /** An image that has a line was seen in use; its MountActor may write the line meanwhile. */
  public void accessed(String name, Instant when) {
    lines.computeIfPresent(name, (same, line) -> line.accessed(when));
  }

  /** Takes an image's line away: it is not in use any more. */
  public void remove(String name) {
    lines.remove(name);
  }

  /** An image's line. */
  public Optional<MountStatus> get(String name) {
    return Optional.ofNullable(lines.get(name));
  }

  /** All lines, by name. */
  public List<MountStatus> all() {
    List<MountStatus> all = new ArrayList<>(lines.values());
    all.sort(Comparator.comparing(MountStatus::name));
    return all;
  }

  /** How many images are in each state; a state without any is 0. */
  public Map<MountState, Integer> count() {
    Map<MountState, Integer> count = new EnumMap<>(MountState.class);
    for (MountState state : MountState.values()) {
      count.put(state, 0);
    }
    lines.values().forEach(line -> count.merge(line.state(), 1, Integer::sum));
    return count;
  }
}
