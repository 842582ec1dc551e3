package dev.lazymount.catalog;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Scans the same two directories again and again. Where they say what they said the last time,
 * which is nearly always, the catalog is the same object, and nothing was made but the questions.
 *
 * <p>For one scan at a time, by any thread.
 */
public final class RepeatedScan implements CatalogActor.Scanner {
  /** A scan without a problem, so that what it found depends on nothing but the two trails. */
  private record Kept(Catalog catalog, Trail images, Trail root) {}

  private final String images;
  private final String root;
  private final List<String> suffixes;
  private final AtomicReference<Kept> last = new AtomicReference<>();

  /** For the directories of these names; see {@link CatalogScan#scan}. */
  public RepeatedScan(String images, String root, List<String> suffixes) {
    this.images = images;
    this.root = root;
    this.suffixes = List.copyOf(suffixes);
  }

  /**
   * A scan; see {@link CatalogScan#scan}.
   *
   * @return with the very same catalog as {@code previous} if nothing has changed
   * @throws SyscallException if the image directory itself can't be read
   */
  @Override
  public CatalogScan.Scan scan(Catalog previous) throws SyscallException {
    // Taken out, so that not two of them have to fit into the heap.
    Kept kept = last.getAndSet(null);
    if (kept != null && kept.catalog() == previous && holds(kept)) {
      last.set(kept);
      return new CatalogScan.Scan(previous, List.of(), 0);
    }
    Trail imagesTrail = new Trail();
    Trail rootTrail = new Trail();
    CatalogScan.Scan scan =
        CatalogScan.scan(
            images, root, suffixes, previous, ScanLimits.DEFAULT, imagesTrail, rootTrail);
    Catalog catalog = scan.catalog().hasTheSameAs(previous) ? previous : scan.catalog();
    if (scan.problems().isEmpty() && imagesTrail.isWhole() && rootTrail.isWhole()) {
      last.set(new Kept(catalog, imagesTrail, rootTrail));
    }
    return new CatalogScan.Scan(catalog, scan.problems(), scan.refused());
  }

  private boolean holds(Kept kept) throws SyscallException {
    try (Fd directory = Fd.openDirectory(images)) {
      if (!kept.images().holds(directory)) {
        return false;
      }
    }
    try (Fd directory = Fd.openDirectory(root)) {
      return kept.root().holds(directory);
    } catch (SyscallException e) {
      // The scan says so, and keeps what was known.
      return false;
    }
  }
}
