package dev.lazymount.warm;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.status.MountStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns what is in use into names for the list. Only names of the newest catalog are taken: those
 * of images, and those of symlinks that lead to one, because a name such as {@code gcc-trunk} is
 * used for years while the folder it leads to has another name every day. Used by its WarmActor
 * alone.
 */
final class UsageTracker {
  private Catalog catalog = Catalog.empty();
  private Map<String, List<String>> aliases = Map.of();
  private Instant lookedAt = Instant.MIN;

  /** A newer catalog. */
  void catalog(Catalog newest) {
    catalog = newest;
    aliases = new HashMap<>();
    for (String link : newest.links().keySet()) {
      if (ImageFile.refusal(link).isEmpty()) {
        newest
            .behind(link)
            .ifPresent(
                image -> aliases.computeIfAbsent(image.name(), n -> new ArrayList<>()).add(link));
      }
    }
  }

  /**
   * Writes down what was used since the last time.
   *
   * @param into the list
   * @param lines what is in use
   * @param read names of images that were read from
   * @param now when
   * @return whether that has changed the list
   */
  boolean learn(WarmList into, List<MountStatus> lines, Set<String> read, Instant now) {
    boolean changed = false;
    for (MountStatus line : lines) {
      Instant access = line.lastAccess();
      if (read.contains(line.name())) {
        changed |= used(into, line.name(), now);
      } else if (access != null && access.isAfter(lookedAt)) {
        changed |= used(into, line.name(), access);
      }
    }
    lookedAt = now;
    return changed;
  }

  private boolean used(WarmList into, String name, Instant when) {
    if (catalog.get(name).isEmpty()) {
      return false;
    }
    boolean changed = into.used(name, when);
    for (String alias : aliases.getOrDefault(name, List.of())) {
      changed |= into.used(alias, when);
    }
    return changed;
  }
}
