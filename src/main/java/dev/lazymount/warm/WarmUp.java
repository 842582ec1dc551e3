package dev.lazymount.warm;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be mounted ahead, and when the next one may be: one at a time, and only while nothing
 * else is being mounted or stuck and the image storage answers. It looks at the board, as status
 * does, and asks nobody. Used by its WarmActor alone.
 */
final class WarmUp {
  private final DaemonStatus status;
  private final int max;
  private final Set<String> planned = new LinkedHashSet<>();
  private final Deque<String> waiting = new ArrayDeque<>();

  /**
   * Nothing planned yet.
   *
   * @param max the most images in all
   */
  WarmUp(DaemonStatus status, int max) {
    this.status = status;
    this.max = max;
  }

  /** Adds the first of these that there are images of, as far as there is room. */
  void plan(List<String> ranking, Catalog catalog) {
    for (String name : ranking) {
      Optional<String> image = catalog.behind(name).map(ImageFile::name);
      if (planned.size() < max && image.isPresent() && planned.add(image.get())) {
        waiting.add(image.get());
      }
    }
  }

  /** How many are planned in all. */
  int planned() {
    return planned.size();
  }

  /** Whether nothing waits any more, and what was begun has come to rest. */
  boolean isOver() {
    return waiting.isEmpty() && isQuiet();
  }

  /** The next one, if now is the time for one. */
  Optional<String> next() {
    while (!waiting.isEmpty() && isMounted(waiting.peek())) {
      waiting.remove();
    }
    return isQuiet() ? Optional.ofNullable(waiting.poll()) : Optional.empty();
  }

  /** How many of them are mounted. */
  long mounted() {
    return planned.stream().filter(this::isMounted).count();
  }

  private boolean isQuiet() {
    Map<MountState, Integer> count = status.mounts().count();
    return status.storageProblem() == null
        && count.get(MountState.MOUNTING) == 0
        && count.get(MountState.STUCK) == 0;
  }

  private boolean isMounted(String name) {
    Optional<MountStatus> line = status.mounts().get(name);
    return line.filter(known -> known.state() == MountState.MOUNTED).isPresent();
  }
}
