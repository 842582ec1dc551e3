package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Which parts of a file the kernel has in its page cache: cachestat(2), or mincore(2) of a mapping
 * before Linux 6.5. Neither reads the file.
 */
public final class PageCache {
  private static final int PROT_READ = 1;
  private static final int MAP_SHARED = 1;
  private static final int PAGE = 4096;

  /** How much of a file is mapped at a time. */
  private static final int WINDOW = 64 << 20;

  /** sizeof(struct cachestat); nr_cache is its first member. */
  private static final int CACHESTAT_SIZE = 40;

  private PageCache() {}

  /**
   * The blocks of which at least one page is cached.
   *
   * @param file a regular file, opened for reading
   * @param size how much of it to look at, bytes
   * @param block bytes in a block, a multiple of the page size that divides 64 MiB
   * @throws SyscallException EPERM if the file is not this user's and CAP_FOWNER is missing: cached
   *     pages show what others read
   */
  public static BitSet blocks(Fd file, long size, int block) throws SyscallException {
    BitSet cached = new BitSet();
    try {
      if (pages(file, 0, size) > 0) {
        for (long at = 0; at < size; at += block) {
          cached.set((int) (at / block), pages(file, at, Math.min(block, size - at)) > 0);
        }
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOSYS)) {
        throw e;
      }
      return mapped(file, size, block);
    }
    return cached;
  }

  /** cachestat(2): the number of cached pages in a range. */
  private static long pages(Fd file, long from, long length) throws SyscallException {
    byte[] range = new byte[16];
    Struct.of(range).putLong(0, from).putLong(8, length);
    byte[] result = new byte[CACHESTAT_SIZE];
    if (LibC.syscall(LibC.SYS_CACHESTAT, file.raw(), range, result, 0L) != 0) {
      throw new SyscallException("cachestat", LibC.errno());
    }
    return Struct.of(result).getLong(0);
  }

  /** The same by mincore(2), which reports every page of another user's file as cached. */
  public static BitSet mapped(Fd file, long size, int block) throws SyscallException {
    if (file.cachedStatus().owner() != User.id()) {
      throw new SyscallException("mincore", Errno.EPERM);
    }
    BitSet cached = new BitSet();
    for (long from = 0; from < size; from += WINDOW) {
      long length = Math.min(WINDOW, size - from);
      long address = LibC.mmap(0, length, PROT_READ, MAP_SHARED, file.raw(), from);
      if (address == -1) {
        throw new SyscallException("mmap", LibC.errno());
      }
      try {
        byte[] pages = new byte[(int) ((length + PAGE - 1) / PAGE)];
        if (LibC.mincore(address, length, pages) != 0) {
          throw new SyscallException("mincore", LibC.errno());
        }
        ByteBuffer each = ByteBuffer.wrap(pages);
        for (long at = from; each.hasRemaining(); at += PAGE) {
          if ((each.get() & 1) != 0) {
            cached.set((int) (at / block));
          }
        }
      } finally {
        LibC.munmap(address, length);
      }
    }
    return cached;
  }
}
