package dev.lazymount.verify;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Walks two directory trees side by side and reports what differs: names, types, permission bits,
 * sizes, symlink targets and, if asked for, bytes. Owners and times are not compared, because
 * images are commonly built with other ones (mksquashfs -all-root).
 *
 * <p>Works on descriptors alone: no component of a path is ever followed through a symlink, so a
 * process that changes the directory meanwhile can make it report a difference and nothing else.
 * Blocks for as long as the storage does. For one thread.
 */
public final class TreeComparison {
  /** Deeper trees are reported as unreadable from there on; each level holds two descriptors. */
  private static final int DEEPEST = 200;

  /** Entries of one directory that are compared. */
  private static final int MOST_ENTRIES = 1_000_000;

  private static final int BLOCK = 1 << 20;

  private final boolean content;
  private final Consumer<Difference> differences;
  private final Runnable entrySeen;
  private final byte[] imageBlock;
  private final byte[] directoryBlock;
  private long entries;
  private long bytes;

  /**
   * A comparison.
   *
   * @param content whether to compare the bytes of files, too
   * @param differences gets each difference as it is found
   * @param entrySeen called for each entry that was compared, for progress
   */
  public TreeComparison(boolean content, Consumer<Difference> differences, Runnable entrySeen) {
    this.content = content;
    this.differences = differences;
    this.entrySeen = entrySeen;
    this.imageBlock = new byte[content ? BLOCK : 0];
    this.directoryBlock = new byte[content ? BLOCK : 0];
  }

  /** Entries compared so far. */
  public long entries() {
    return entries;
  }

  /** Bytes of content compared so far. */
  public long bytes() {
    return bytes;
  }

  /**
   * Compares two trees.
   *
   * @param image the top directory of the image, open for path operations
   * @param directory the directory that it serves, likewise
   */
  public void compare(Fd image, Fd directory) {
    try {
      compareModes(".", image.status(), directory.status());
      compareDirectories("", image, directory, 0);
    } catch (SyscallException e) {
      report(".", Difference.Kind.UNREADABLE, "", e.getMessage());
    }
  }

  private void compareDirectories(String path, Fd image, Fd directory, int depth) {
    if (depth > DEEPEST) {
      report(path, Difference.Kind.UNREADABLE, "", "more than " + DEEPEST + " levels deep");
      return;
    }
    TreeMap<String, Boolean> names = new TreeMap<>();
    for (Directory.Entry entry : list(path, image, true)) {
      names.put(entry.name(), true);
    }
    for (Directory.Entry entry : list(path, directory, false)) {
      if (names.remove(entry.name()) == null) {
        report(path + entry.name(), Difference.Kind.ONLY_IN_DIRECTORY, "", "");
        seen();
      } else {
        names.put(entry.name(), false);
      }
    }
    names.forEach(
        (name, onlyInImage) -> {
          if (onlyInImage) {
            report(path + name, Difference.Kind.ONLY_IN_IMAGE, "", "");
          } else {
            compareEntries(path + name, name, image, directory, depth);
          }
          seen();
        });
  }

  private List<Directory.Entry> list(String path, Fd directory, boolean image) {
    try (Fd reading = directory.reopenDirectory()) {
      return Directory.list(reading, MOST_ENTRIES).entries();
    } catch (SyscallException e) {
      unreadable(path.isEmpty() ? "." : path, e, image);
      return List.of();
    }
  }

  private void compareEntries(String path, String name, Fd image, Fd directory, int depth) {
    boolean readingImage = true;
    try (Fd inImage = image.openEntry(name)) {
      readingImage = false;
      try (Fd inDirectory = directory.openEntry(name)) {
        compareFiles(path, name, image, inImage, directory, inDirectory, depth);
      }
    } catch (SyscallException e) {
      unreadable(path, e, readingImage);
    }
  }

  private void compareFiles(
      String path, String name, Fd image, Fd inImage, Fd directory, Fd inDirectory, int depth)
      throws SyscallException {
    FileStatus imageStatus = inImage.status();
    FileStatus directoryStatus = inDirectory.status();
    if (imageStatus.type() != directoryStatus.type()) {
      report(
          path, Difference.Kind.TYPE, imageStatus.type().words(), directoryStatus.type().words());
      return;
    }
    if (imageStatus.type() != FileType.SYMLINK) {
      compareModes(path, imageStatus, directoryStatus);
    }
    switch (imageStatus.type()) {
      case DIRECTORY -> compareDirectories(path + "/", inImage, inDirectory, depth + 1);
      case SYMLINK -> compareTargets(path, image.readLink(name), directory.readLink(name));
      case FILE -> compareContent(path, name, image, imageStatus, directory, directoryStatus);
      default -> {}
    }
  }

  private void compareModes(String path, FileStatus image, FileStatus directory) {
    if (image.mode() != directory.mode()) {
      report(path, Difference.Kind.MODE, octal(image.mode()), octal(directory.mode()));
    }
  }

  private void compareTargets(String path, String image, String directory) {
    if (!image.equals(directory)) {
      report(path, Difference.Kind.LINK_TARGET, image, directory);
    }
  }

  private void compareContent(
      String path,
      String name,
      Fd image,
      FileStatus imageStatus,
      Fd directory,
      FileStatus directoryStatus)
      throws SyscallException {
    if (imageStatus.size() != directoryStatus.size()) {
      report(
          path,
          Difference.Kind.SIZE,
          Long.toString(imageStatus.size()),
          Long.toString(directoryStatus.size()));
      return;
    }
    if (!content) {
      return;
    }
    try (Fd imageFile = image.openFileBeneath(name, false);
        Fd directoryFile = directory.openFileBeneath(name, false)) {
      long offset = 0;
      while (true) {
        int n = imageFile.read(imageBlock, offset);
        int m = directoryFile.read(directoryBlock, offset);
        int different = Arrays.mismatch(imageBlock, 0, n, directoryBlock, 0, m);
        if (different >= 0) {
          report(path, Difference.Kind.CONTENT, Long.toString(offset + different), "");
          return;
        }
        if (n == 0) {
          return;
        }
        offset += n;
        bytes += n;
      }
    }
  }

  private void seen() {
    entries++;
    entrySeen.run();
  }

  private void unreadable(String path, SyscallException e, boolean image) {
    report(
        path, Difference.Kind.UNREADABLE, image ? e.getMessage() : "", image ? "" : e.getMessage());
  }

  private void report(String path, Difference.Kind kind, String image, String directory) {
    differences.accept(new Difference(path, kind, image, directory));
  }

  private static String octal(int mode) {
    return "0" + Integer.toOctalString(mode);
  }
}
