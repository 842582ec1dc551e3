package dev.lazymount.catalog;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a walk was told by the kernel, answer by answer. Where the same questions get the same
 * answers, the same walk would find the same: asking them makes no catalog, and leaves nothing
 * behind. Not thread-safe.
 */
final class Trail {
  /** More is not kept; such a walk is done anew each time. Bytes. */
  private static final int MOST = 2 << 20;

  /** What a step and its path take, about. Bytes. */
  private static final int EACH = 128;

  /** A question, and the answer that was given. */
  private interface Step {
    boolean holds(Fd base) throws SyscallException;
  }

  private final List<Step> steps = new ArrayList<>();
  private int size;
  private boolean lost;

  /**
   * A directory was read.
   *
   * @param path below the base, empty for the base itself
   */
  void read(String path, Directory.Listing listing) {
    // Not the entries: they would be kept, too.
    Optional<Directory.Content> told = listing.content();
    if (!listing.complete() || told.isEmpty()) {
      lose();
      return;
    }
    Directory.Content content = told.get();
    add(
        content.size(),
        base -> {
          if (path.isEmpty()) {
            return content.isStill(base);
          }
          try (Fd directory = base.openDirectoryBeneath(path)) {
            return content.isStill(directory);
          }
        });
  }

  /** What could have been a directory was none, or gone. */
  void noDirectory(String path) {
    add(
        0,
        base -> {
          try (Fd directory = base.openDirectoryBeneath(path)) {
            return false;
          } catch (SyscallException e) {
            return isNone(e);
          }
        });
  }

  /** What could have been a symlink led there; empty if it was none, or gone. */
  void link(String path, Optional<String> target) {
    add(target.orElse("").length(), base -> target(base, path).equals(target));
  }

  /** The base is there, to the kernel. */
  void base(String path) {
    add(path.length(), base -> base.path().equals(path));
  }

  /** There was more to it than questions and answers: it holds no more. */
  void lose() {
    lost = true;
    steps.clear();
  }

  /** Whether it holds all that was told; else it never {@link #holds}. */
  boolean isWhole() {
    return !lost;
  }

  /**
   * Whether all answers are the same as then. Blocks for as long as the storage does.
   *
   * @param base opened for reading, not read yet
   */
  boolean holds(Fd base) {
    if (lost) {
      return false;
    }
    try {
      for (Step step : steps) {
        if (!step.holds(base)) {
          return false;
        }
      }
      return true;
    } catch (SyscallException e) {
      // The walk will meet it, and say so.
      return false;
    }
  }

  /** Whether this is how a name answers that is no directory. */
  static boolean isNone(SyscallException e) {
    return e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);
  }

  /** Whether this is how a name answers that is no symlink. */
  static boolean isNoLink(SyscallException e) {
    return e.is(Errno.ENOENT, Errno.EINVAL);
  }

  private static Optional<String> target(Fd base, String path) throws SyscallException {
    try {
      return Optional.of(base.readLink(path));
    } catch (SyscallException e) {
      if (isNoLink(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Room for {@code bytes} and what each step takes, its path with it. */
  private void add(int bytes, Step step) {
    size += EACH + bytes;
    if (size > MOST) {
      lose();
    } else if (!lost) {
      steps.add(step);
    }
  }
}
