package dev.lazymount.readahead;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/**
 * Reads the files of one image, in the order of its list. Between two blocks it can be closed and
 * continued later. Used by one thread.
 */
final class Reading implements AutoCloseable {
  /** Opens the top directory of the image. */
  interface Opener {
    Fd open() throws SyscallException;
  }

  private final Opener opener;
  private final Deque<FileList.Used> left;
  private Fd top;
  private Fd file;
  private BitSet blocks;
  private int at = -1;
  private int files;
  private long bytes;

  Reading(FileList list, Opener opener) {
    this.left = new ArrayDeque<>(list.files());
    this.opener = opener;
  }

  /** Files read so far. */
  int files() {
    return files;
  }

  /** Bytes read so far. */
  long bytes() {
    return bytes;
  }

  /**
   * Opens the next file, or reads the next block of the one that is open.
   *
   * @param block of {@link FileList#BLOCK} bytes, overwritten
   * @return bytes read; -1 at the end of the list
   * @throws SyscallException if the image is not mounted any more, or can't be read (EIO)
   */
  int step(byte[] block) throws SyscallException {
    if (left.isEmpty()) {
      return -1;
    }
    if (top == null) {
      top = opener.open();
    }
    if (file == null && !openNext()) {
      skip();
      return 0;
    }
    at = blocks.nextSetBit(Math.max(at, 0));
    int read = at < 0 ? 0 : file.read(block, (long) at * FileList.BLOCK);
    at++;
    bytes += read;
    if (read < FileList.BLOCK || blocks.nextSetBit(at) < 0) {
      files++;
      skip();
    }
    return read;
  }

  private void skip() {
    closeFile();
    left.pop();
    at = -1;
  }

  /** False if there is no such file; the list may be another host's. */
  private boolean openNext() {
    FileList.Used next = left.peek();
    try {
      file = top.openFileBeneath(next.path(), false);
      file.readNothingAhead();
      blocks = next.blocks();
      if (file.cachedStatus().type() == FileType.FILE) {
        return true;
      }
    } catch (SyscallException e) {
      // The next one may be there.
    }
    return false;
  }

  private void closeFile() {
    if (file != null) {
      file.close();
      file = null;
    }
  }

  /** Closes all files; {@link #step} opens them again. */
  @Override
  public void close() {
    closeFile();
    if (top != null) {
      top.close();
      top = null;
    }
  }
}
