package dev.lazymount.catalog;

/**
 * How far a scan goes. What is beyond is reported in {@link CatalogScan.Scan#problems()}.
 *
 * @param depth the most components of a name
 * @param images the most images
 * @param links the most symlinks in the root
 * @param directories the most directories read below the image directory
 * @param entries the most entries held at once: of a directory and of those around it
 * @param problems the most problems spelled out; the others are only counted
 */
record ScanLimits(int depth, int images, int links, int directories, int entries, int problems) {
  /**
   * Far above the field's 4,000 images up to six folders deep, and low enough that the daemon's
   * heap of 64 MB holds the old catalog and the new one: both together are 26 MB at these limits if
   * all names are as long as the longest in the field, and 42 MB if they are as long as a name can
   * be.
   */
  static final ScanLimits DEFAULT = new ScanLimits(8, 12_288, 8_192, 12_288, 16_384, 20);
}
