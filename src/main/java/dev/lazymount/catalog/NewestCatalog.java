package dev.lazymount.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * The catalog of the newest scan, where anybody may read it without asking an actor. Thread-safe;
 * reading never waits.
 */
public final class NewestCatalog {
  private volatile Snapshot newest;

  /**
   * One scan's catalog.
   *
   * @param catalog what was found
   * @param at when that scan ended
   */
  public record Snapshot(Catalog catalog, Instant at) {}

  /** Sets the catalog of a scan that has just ended. */
  public void set(Catalog catalog) {
    newest = new Snapshot(catalog, Instant.now());
  }

  /** The newest one; empty while no scan has ended well. */
  public Optional<Snapshot> get() {
    return Optional.ofNullable(newest);
  }

  /** The same scanner, whose catalogs are kept here too. */
  public CatalogActor.Scanner keepingOf(CatalogActor.Scanner scanner) {
    return previous -> keep(scanner, previous);
  }

  private CatalogScan.Scan keep(CatalogActor.Scanner scanner, Catalog previous) throws IOException {
    CatalogScan.Scan scan = scanner.scan(previous);
    set(scan.catalog());
    return scan;
  }
}
