package dev.lazymount.mount.kernel;

import dev.lazymount.linux.FileStatus;
import java.util.Optional;

/**
 * Compares the top directory of an image with the directory that it would cover. Pure.
 *
 * <p>The top directory decides who gets into a compiler at all, and it is the one that is wrong
 * most often: an image built from a private temporary folder has mode 0700.
 */
final class TopDirectory {
  private static final int READ_AND_SEARCH = 5;

  /** Ids that neither directory has. */
  private static final int OTHER = -1;

  private TopDirectory() {}

  /**
   * Why mounting the image would lock out a user who can read or search the directory now; empty if
   * it locks out no one. Looks at mode, owner and group for every user but root, whatever their
   * groups are. Access control lists are not looked at.
   *
   * @param image the top directory of the image
   * @param directory the directory that it would cover
   */
  static Optional<String> locksOut(FileStatus image, FileStatus directory) {
    for (int user : new int[] {image.owner(), directory.owner(), OTHER}) {
      for (boolean inImageGroup : new boolean[] {false, true}) {
        for (boolean inDirectoryGroup : new boolean[] {false, true}) {
          boolean possible =
              user != 0 && (image.group() != directory.group() || inImageGroup == inDirectoryGroup);
          int before = granted(directory, user, inDirectoryGroup);
          int after = granted(image, user, inImageGroup);
          if (possible && (before & ~after & READ_AND_SEARCH) != 0) {
            return Optional.of(
                "the top directory of the image grants less ("
                    + text(image)
                    + ") than the directory that it would cover ("
                    + text(directory)
                    + ")");
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Whether the directory was changed after the image's top directory: entries were added, removed
   * or renamed since the image was made. mksquashfs and mkfs.erofs keep the time of the directory
   * that they read. In whole seconds, as squashfs has no finer ones.
   */
  static boolean isNewer(FileStatus directory, FileStatus image) {
    return seconds(directory) > seconds(image);
  }

  private static long seconds(FileStatus status) {
    return Math.floorDiv(status.mtimeNanos(), 1_000_000_000L);
  }

  /** The kernel asks one class of the three alone: owner, else group, else others. */
  private static int granted(FileStatus status, int user, boolean inGroup) {
    int shift = user == status.owner() ? 6 : inGroup ? 3 : 0;
    return status.mode() >> shift & 7;
  }

  private static String text(FileStatus status) {
    return String.format(
        "mode 0%o, owner %s, group %s",
        status.mode(),
        Integer.toUnsignedString(status.owner()),
        Integer.toUnsignedString(status.group()));
  }
}
