package dev.lazymount.catalog;

import java.util.Collection;
import java.util.List;

/**
 * What a scan changed, in the words of {@code lazymount rescan --json}.
 *
 * @param known number of images now
 * @param added names that were not there before
 * @param removed names that are no longer there
 * @param links number of symlinks of the root that lead to another place in it
 * @param problem what was wrong with the scan; null if nothing was
 * @param millis duration of the scan, milliseconds
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
