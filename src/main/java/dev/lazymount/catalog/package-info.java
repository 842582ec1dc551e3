/**
 * Which images there are, and which of them a path leads to.
 *
 * <ul>
 *   <li>{@link CatalogActor}: scans at an interval and on request, and sends the catalog to its
 *       subscribers
 *   <li>{@link CatalogScan}: one scan; {@link ImageWalk} reads the image directory, {@link
 *       LinkWalk} the symlinks of the root, both within {@link ScanLimits}
 *   <li>{@link ImageFile}: one image, and the check that no dangerous name passes
 *   <li>{@link Catalog}: the immutable result; {@link NewestCatalog} makes it readable from any
 *       thread, {@link CatalogChanges} says what a scan changed
 *   <li>{@link RootPath}: splits a path into components below the root
 *   <li>{@link Resolution}: where a path leads, found by {@link Catalog#resolve}
 * </ul>
 */
package dev.lazymount.catalog;
