package dev.lazymount.catalog;

import dev.lazymount.linux.SyscallException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Makes a {@link Catalog} of what lies in the image directory and of the symlinks in the root.
 *
 * <p>A scan blocks for as long as the storage does, for ever if NFS hangs, so it belongs on a
 * dispatcher of its own; it may run on any thread, and two at the same time do not disturb each
 * other. What it holds is bounded, and what it leaves out is reported.
 */
public final class CatalogScan {
  /**
   * What a scan found.
   *
   * @param catalog the new snapshot
   * @param problems one line each for the first 20, and a last one with the number of the others;
   *     without control characters
   * @param refused entries that are not in the catalog because of their name or a limit
   */
  public record Scan(Catalog catalog, List<String> problems, int refused) {}

  private CatalogScan() {}

  /**
   * Scans both directories.
   *
   * <p>An entry of the image directory, of any type, whose name ends with a suffix is an image;
   * other directories are looked into, up to names of eight components, and symlinks to directories
   * are not. A part of either directory that can't be read keeps what {@code previous} knows of it,
   * and is reported; a part that vanishes meanwhile is just not there.
   *
   * <p>The scan opens the root and the directories in it on the way to an image's name, and nothing
   * else in it. It can meet its own trace there.
   *
   * @param images absolute path of the image directory
   * @param root absolute path of the root, normalised
   * @param suffixes of image files; where two files give the same name, the suffix that comes first
   *     in this list wins
   * @param previous the snapshot to replace, {@link Catalog#empty()} if there is none
   * @throws SyscallException if the image directory itself can't be read; the previous snapshot is
   *     then still the best there is
   * @throws IllegalArgumentException if there is no suffix, or an empty one
   */
  public static Scan scan(String images, String root, List<String> suffixes, Catalog previous)
      throws SyscallException {
    return scan(images, root, suffixes, previous, ScanLimits.DEFAULT);
  }

  /** The same with limits that a test can reach. */
  static Scan scan(
      String images, String root, List<String> suffixes, Catalog previous, ScanLimits limits)
      throws SyscallException {
    return scan(images, root, suffixes, previous, limits, new Trail(), new Trail());
  }

  /** The same, which leaves a trail in the image directory and one in the root. */
  static Scan scan(
      String images,
      String root,
      List<String> suffixes,
      Catalog previous,
      ScanLimits limits,
      Trail imagesTrail,
      Trail rootTrail)
      throws SyscallException {
    if (suffixes.isEmpty() || suffixes.contains("")) {
      throw new IllegalArgumentException("an image needs a suffix, got " + suffixes);
    }
    ScanErrors problems = new ScanErrors(limits.problems());
    Collection<ImageFile> found =
        new ImageWalk(suffixes, previous, limits, problems, imagesTrail).walk(images);
    if (found.isEmpty() && previous.size() > 0) {
      // No error to the kernel, but it is what a storage that is not mounted looks like.
      problems.add(images, "no image left of " + previous.size());
    }
    List<String> names = found.stream().map(ImageFile::name).toList();
    Map<String, String> links =
        new LinkWalk(root, previous, limits, problems, rootTrail).walk(names);
    return new Scan(Catalog.of(found, links), problems.list(), problems.refused());
  }
}
