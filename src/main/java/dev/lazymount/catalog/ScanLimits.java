package dev.lazymount.catalog;

/**
 * How far a scan goes. Whatever lies beyond is reported in {@link CatalogScan.Scan#problems()}.
 *
 * @param depth the most components of a name
 * @param images the most images
 * @param links the most symlinks in the root
 * @param directories the most directories read below the image directory
 * @param problems the most problems spelled out; the others are only counted
 */
record ScanLimits(int depth, int images, int links, int directories, int problems) {
  /**
   * Far above the field's 4,000 images up to six folders deep, and low enough for a snapshot of
   * some thirty megabytes.
   */
  static final ScanLimits DEFAULT = new ScanLimits(8, 65_536, 65_536, 65_536, 20);
}
