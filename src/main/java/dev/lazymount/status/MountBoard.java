package dev.lazymount.status;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The status rows of all images in use. Each MountActor writes its own row. Thread-safe. */
public final class MountBoard {
  private final Map<String, MountStatus> rows = new ConcurrentHashMap<>();
  private volatile Consumer<MountStatus> listener = row -> {};

  /** Passes on each row that is written from now on, on the writing thread; it must not block. */
  public void listener(Consumer<MountStatus> newRows) {
    listener = newRows;
  }

  /** Writes an image's row. */
  public void put(MountStatus row) {
    rows.put(row.name(), row);
    listener.accept(row);
  }

  /** Notes an access to an image that has a row. */
  public void accessed(String name, Instant when) {
    rows.computeIfPresent(name, (same, row) -> row.accessed(when));
  }

  /** Removes the row of an image that is no longer in use. */
  public void remove(String name) {
    rows.remove(name);
  }

  /** An image's row. */
  public Optional<MountStatus> get(String name) {
    return Optional.ofNullable(rows.get(name));
  }

  /** The names of the images that are mounted from a device, such as {@code /dev/loop3}. */
  public List<String> mountedFrom(String device) {
    return rows.values().stream()
        .filter(row -> device.equals(row.device()))
        .map(MountStatus::name)
        .toList();
  }

  /** All rows, by name. */
  public List<MountStatus> all() {
    List<MountStatus> all = new ArrayList<>(rows.values());
    all.sort(Comparator.comparing(MountStatus::name));
    return all;
  }

  /** How many images have this warning. */
  public int count(MountWarning warning) {
    return (int) rows.values().stream().filter(row -> row.warning() == warning).count();
  }

  /** How many images are in each state, including the states with none. */
  public Map<MountState, Integer> count() {
    Map<MountState, Integer> count = new EnumMap<>(MountState.class);
    for (MountState state : MountState.values()) {
      count.put(state, 0);
    }
    rows.values().forEach(row -> count.merge(row.state(), 1, Integer::sum));
    return count;
  }
}
