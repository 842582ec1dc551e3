package dev.lazymount.catalog;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import java.util.Collection;
import java.util.List;

/**
 * Makes a {@link Catalog} of the image directory and of the symlinks in the root.
 *
 * <p>A scan blocks for as long as the storage does, for ever if NFS hangs, so it belongs on a
 * dispatcher of its own. It may run on any thread, and several may run at once. Its memory is
 * bounded, and what it leaves out is reported.
 */
public final class CatalogScan {
  /**
   * The result of a scan.
   *
   * @param catalog the new snapshot; the very object given as the previous one if nothing changed,
   *     so that only one of the two stays in memory
   * @param problems one line each for the first 20, and a last one with the number of the others;
   *     without control characters
   * @param refused entries that are not in the catalog because of their name or a limit
   */
  public record Scan(Catalog catalog, List<String> problems, int refused) {}

  private CatalogScan() {}

  /**
   * Scans both directories.
   *
   * <p>An entry of the image directory, of any type, whose name ends with a suffix is an image.
   * Other directories are descended into, up to names of eight components, and symlinks to
   * directories are not. A part of either directory that can't be read keeps what {@code previous}
   * knows of it, and is reported. A part that vanishes during the scan is treated as absent.
   *
   * <p>In the root, the scan opens the root itself and the directories on the way to an image's
   * name, and nothing else. The trace may report these accesses of the daemon's own.
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
    if (suffixes.isEmpty() || suffixes.contains("")) {
      throw new IllegalArgumentException("an image needs a suffix, got " + suffixes);
    }
    ScanErrors problems = new ScanErrors(limits.problems());
    Collection<ImageFile> found = new ImageWalk(suffixes, previous, limits, problems).walk(images);
    if (found.isEmpty() && previous.size() > 0) {
      // No error to the kernel, but it is what a storage that is not mounted looks like.
      problems.add(images, "no images found, there were " + previous.size() + " before");
    }
    List<String> names = found.stream().map(ImageFile::name).toList();
    LinkWalk.Links links = new LinkWalk(root, previous, limits, problems).walk(names);
    Catalog catalog = Catalog.of(found, links.inside(), links.out());
    return new Scan(
        catalog.equals(previous) ? previous : catalog, problems.list(), problems.refused());
  }

  /** Whether the error says that a name is no directory (any more). */
  static boolean isNoDirectory(SyscallException e) {
    return e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);
  }
}
