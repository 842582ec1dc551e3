package dev.lazymount.readahead;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.PageCache;
import dev.lazymount.linux.SyscallException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Finds the files of a mounted image that are in the page cache: those were read since the mount.
 * Opens every file of it, at most {@link #MAX_ENTRIES}, and reads none. Files of other owners than
 * root are left out where CAP_FOWNER is missing.
 *
 * <p>The page cache does not say in which order they were used. Programs and shared libraries come
 * first, because a program starts before it reads its files; otherwise the order is that of the
 * directories, which is the order of the files in the image.
 */
final class UsedFiles {
  private static final int MAX_ENTRIES = 50_000;
  private static final int EXECUTABLE = 0111;

  private final Fd top;
  private final BooleanSupplier stop;
  private final Deque<String> directories = new ArrayDeque<>(List.of("."));
  private final List<FileList.Used> programs = new ArrayList<>();
  private final List<FileList.Used> others = new ArrayList<>();
  private int entries;

  private UsedFiles(Fd top, BooleanSupplier stop) {
    this.top = top;
    this.stop = stop;
  }

  /**
   * The files.
   *
   * @param top the top directory, from {@link MountedTree}
   * @param stop whether to stop, asked before each file
   * @return empty if stopped
   * @throws SyscallException if the image can't be read (EIO)
   */
  static Optional<List<FileList.Used>> find(Fd top, BooleanSupplier stop) throws SyscallException {
    UsedFiles walk = new UsedFiles(top, stop);
    while (!walk.directories.isEmpty()) {
      if (!walk.visit(walk.directories.pop())) {
        return Optional.empty();
      }
    }
    walk.programs.addAll(walk.others);
    return Optional.of(walk.programs);
  }

  private boolean visit(String directory) throws SyscallException {
    List<Directory.Entry> found;
    try (Fd open = top.openFileBeneath(directory, false)) {
      found = Directory.list(open, MAX_ENTRIES - entries).entries();
    }
    entries += found.size();
    List<String> inside = new ArrayList<>();
    for (Directory.Entry entry : found) {
      String path = directory.equals(".") ? entry.name() : directory + "/" + entry.name();
      if (stop.getAsBoolean()) {
        return false;
      }
      if (FileList.canList(path) && entry.type() == FileType.DIRECTORY) {
        inside.add(path);
      } else if (FileList.canList(path) && entry.type() == FileType.FILE) {
        look(path);
      }
    }
    for (int i = inside.size() - 1; i >= 0; i--) {
      directories.push(inside.get(i));
    }
    return true;
  }

  private void look(String path) throws SyscallException {
    try (Fd file = top.openFileBeneath(path, false)) {
      FileStatus status = file.cachedStatus();
      long size = Math.min(status.size(), (long) FileList.MAX_BLOCKS * FileList.BLOCK);
      BitSet blocks = PageCache.blocks(file, size, FileList.BLOCK);
      if (!blocks.isEmpty()) {
        boolean program = (status.mode() & EXECUTABLE) != 0 || path.contains(".so");
        (program ? programs : others).add(FileList.Used.of(path, blocks));
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.EPERM)) {
        throw e;
      }
    }
  }
}
