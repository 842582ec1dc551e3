package dev.lazymount.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** The catalog of the newest scan, readable from any thread without asking an actor. */
public final class NewestCatalog {
  private volatile Snapshot newest;

  /**
   * The catalog of a scan.
   *
   * @param catalog its result
   * @param at when it ended
   */
  public record Snapshot(Catalog catalog, Instant at) {}

  /** Sets the catalog of a scan that has just ended. */
  public void set(Catalog catalog) {
    newest = new Snapshot(catalog, Instant.now());
  }

  /** The newest one; empty until a scan has succeeded. */
  public Optional<Snapshot> get() {
    return Optional.ofNullable(newest);
  }

  /** A scanner that also stores its catalogs here. */
  public CatalogActor.Scanner keepingOf(CatalogActor.Scanner scanner) {
    return previous -> keep(scanner, previous);
  }

  private CatalogScan.Scan keep(CatalogActor.Scanner scanner, Catalog previous) throws IOException {
    CatalogScan.Scan scan = scanner.scan(previous);
    set(scan.catalog());
    return scan;
  }
}
