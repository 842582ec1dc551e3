/**
 * Which images there are, and which of them an access concerns.
 *
 * <p>A tour: {@link dev.lazymount.catalog.CatalogScan} walks through the image directory and the
 * symlinks of the root, blocking, and makes a {@link dev.lazymount.catalog.Catalog} (or, done again
 * by {@link dev.lazymount.catalog.RepeatedScan}, finds that the last one still holds); that is an
 * immutable snapshot which any thread may ask, and {@link dev.lazymount.catalog.NewestCatalog} has
 * the newest one; {@link dev.lazymount.catalog.CatalogActor} has it made anew, and tells the {@link
 * dev.lazymount.catalog.CatalogChanges}; an {@link dev.lazymount.catalog.ImageFile} is one image in
 * it, and the gate that no dangerous name passes.
 */
package dev.lazymount.catalog;
