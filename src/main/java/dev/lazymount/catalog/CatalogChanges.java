package dev.lazymount.catalog;

import java.util.Collection;
import java.util.List;

/**
 * What a scan changed, in the words of {@code lazymount rescan --json}.
 *
 * @param known images there are now
 * @param added names that were not there before
 * @param removed names that are not there any more
 * @param links symlinks of the root that lead to images
 * @param problem what was wrong with the scan; null if nothing was
 * @param millis how long it took, milliseconds
 */
public record CatalogChanges(
    int known, List<String> added, List<String> removed, int links, String problem, double millis) {

  static CatalogChanges between(Catalog before, Catalog after, String problem, long nanos) {
    return new CatalogChanges(
        after.size(),
        missing(after.names(), before),
        missing(before.names(), after),
        after.links().size(),
        problem,
        nanos / 1e6);
  }

  private static List<String> missing(Collection<String> names, Catalog catalog) {
    return names.stream().filter(name -> catalog.get(name).isEmpty()).toList();
  }
}
