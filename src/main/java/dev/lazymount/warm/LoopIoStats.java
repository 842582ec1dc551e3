package dev.lazymount.warm;

import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * Which mounted images were read from. The resolved trace does not see what is opened in a mounted
 * image, and so a compiler that was mounted ahead of its use would look unused for ever, and drop
 * from the list because it is on it. But the kernel counts what is read from its loop device.
 *
 * <p>That is less than every use: what is in the page cache is not read again. It sees the first
 * use after a mount, for a new mount has nothing in the cache, and later ones that touch other
 * files or come after memory was short. Nothing else tells: a read-only mount has no access times,
 * and MNT_EXPIRE, the kernel's own word for unused, can't be asked without unmounting.
 *
 * <p>Not thread-safe.
 */
final class LoopIoStats {
  private record Seen(String device, Instant since, long sectors) {}

  private final Function<String, OptionalLong> sectorsRead;
  private Map<String, Seen> before = new HashMap<>();

  /** Counted by this; see {@link dev.lazymount.linux.LoopDevice#sectorsRead}. */
  LoopIoStats(Function<String, OptionalLong> sectorsRead) {
    this.sectorsRead = sectorsRead;
  }

  /**
   * The names of those that were read from since the last call; what is new there has been neither
   * read nor not.
   */
  Set<String> since(List<MountStatus> lines) {
    Map<String, Seen> now = new HashMap<>();
    Set<String> read = new HashSet<>();
    for (MountStatus line : lines) {
      if (line.state() == MountState.MOUNTED) {
        sectorsRead
            .apply(line.device())
            .ifPresent(
                sectors -> now.put(line.name(), new Seen(line.device(), line.since(), sectors)));
      }
    }
    now.forEach(
        (name, seen) -> {
          Seen was = before.get(name);
          boolean same =
              was != null && was.device().equals(seen.device()) && was.since().equals(seen.since());
          if (same && seen.sectors() > was.sectors()) {
            read.add(name);
          }
        });
    before = now;
    return read;
  }
}
