package dev.lazymount.catalog;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One walk through the image directory. For one use by one thread. */
final class ImageWalk {
  /** An image, and the index of its suffix in the list of suffixes. */
  private record Found(ImageFile image, int rank) {}

  private final List<String> suffixes;
  private final Catalog previous;
  private final ScanLimits limits;
  private final ScanErrors problems;
  private final Map<String, Found> found = new HashMap<>();
  private int directories;

  /** Entries of the directories that are being read. */
  private int held;

  /**
   * A walk.
   *
   * @param suffixes not empty, the preferred one first
   * @param previous whose names are kept where a subdirectory can't be read
   */
  ImageWalk(List<String> suffixes, Catalog previous, ScanLimits limits, ScanErrors problems) {
    this.suffixes = suffixes;
    this.previous = previous;
    this.limits = limits;
    this.problems = problems;
  }

  /**
   * Walks through all of it.
   *
   * @throws SyscallException if the image directory itself can't be read
   */
  Collection<ImageFile> walk(String images) throws SyscallException {
    try (Fd directory = Fd.openDirectory(images)) {
      read(directory, "", 0);
    }
    return found.values().stream().map(Found::image).toList();
  }

  private void read(Fd directory, String prefix, int depth) throws SyscallException {
    directories++;
    Directory.Listing listing = Directory.list(directory, limits.entries() - held);
    List<Directory.Entry> entries = listing.entries();
    if (!listing.complete()) {
      String where = prefix.isEmpty() ? "the image directory" : prefix;
      problems.refuse(
          where, "read in part only, it has too many entries: more than " + entries.size());
    }
    held += entries.size();
    // With one order, what a limit leaves out is the same in every scan.
    entries.sort(Comparator.comparing(Directory.Entry::name));
    for (Directory.Entry entry : entries) {
      int rank = rank(entry.name());
      if (rank >= 0) {
        // Of any type: to mount a FIFO or a symlink fails with a clear reason.
        offer(prefix + entry.name(), rank);
      } else if (entry.type() == FileType.DIRECTORY || entry.type() == FileType.UNKNOWN) {
        descend(directory, entry, prefix, depth + 1);
      }
    }
    held -= entries.size();
  }

  /** The index of the first suffix that the name ends with; -1 if there is none. */
  private int rank(String name) {
    for (int i = 0; i < suffixes.size(); i++) {
      if (name.endsWith(suffixes.get(i))) {
        return i;
      }
    }
    return -1;
  }

  private void offer(String file, int rank) {
    String name = file.substring(0, file.length() - suffixes.get(rank).length());
    ImageFile.refusal(name)
        .ifPresentOrElse(
            why -> problems.refuse(file, why), () -> add(new ImageFile(name, file), rank));
  }

  private void add(ImageFile image, int rank) {
    Found other = found.get(image.name());
    if (other == null && found.size() >= limits.images()) {
      problems.refuse(image.file(), "left out, there are more than " + limits.images() + " images");
    } else if (other == null || rank < other.rank()) {
      found.put(image.name(), new Found(image, rank));
    }
  }

  private void descend(Fd parent, Directory.Entry entry, String prefix, int depth) {
    String path = prefix + entry.name();
    try (Fd directory = parent.openSubdirectory(entry.name())) {
      String refusal = depth >= limits.depth() ? "too deep" : ImageFile.refusal(path).orElse("");
      if (refusal.isEmpty() && directories >= limits.directories()) {
        refusal = "there are more than " + limits.directories() + " directories";
      }
      if (refusal.isEmpty()) {
        read(directory, path + "/", depth);
      } else {
        problems.refuse(path + "/", "not read: " + refusal);
      }
    } catch (SyscallException e) {
      // ENOENT, ENOTDIR, ELOOP: removed or replaced since its parent was read, or an entry of
      // unknown
      // type that is no directory. It is treated as absent.
      if (!CatalogScan.isNoDirectory(e)) {
        Collection<ImageFile> kept = previous.descendants(path);
        kept.forEach(image -> add(image, rank(image.file())));
        problems.add(
            path + "/", e.getMessage() + "; keeping the images known in it: " + kept.size());
      }
    }
  }
}
