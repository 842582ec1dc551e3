package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether an image may cover an original directory. Decides by the two top directories alone, so
 * that it costs no read of the storage; see {@link TopDirectory}.
 *
 * @param newer what to do with an image whose directory is newer
 */
record CoverRules(Settings.NewerDirectory newer) {
  /**
   * Refuses an image that would lock out a reader of the directory or, if so set, serve older
   * content.
   *
   * @param top the top directory of the image
   * @param directory the directory that it would cover, as its storage has it
   * @throws BadImage with both modes or both times in the reason
   */
  void check(
      Mounter.Request request, Mounter.Generation image, FileStatus top, FileStatus directory)
      throws BadImage {
    Optional<String> problem = TopDirectory.locksOut(top, directory);
    if (problem.isEmpty() && newer == Settings.NewerDirectory.REFUSE) {
      problem = older(request, top, directory).map(text -> text + " (mount.newer-directory)");
    }
    if (problem.isPresent()) {
      throw new BadImage(problem.get(), image, Mounter.Covered.of(directory));
    }
  }

  /** The same mount, with a warning if the directory below it is newer. */
  Mounter.Mounted warn(
      Mounter.Request request, Mounter.Mounted mounted, FileStatus top, FileStatus directory) {
    return mounted.isCurrent() && newer != Settings.NewerDirectory.IGNORE
        ? older(request, top, directory)
            .map(text -> mounted.warn(MountWarning.NEWER_DIRECTORY, text))
            .orElse(mounted)
        : mounted;
  }

  /**
   * The same of an image that is mounted already. Without a warning if the directory below it can't
   * be read: another check shows it.
   */
  Mounter.Mounted warn(Mounter.Request request, Mounter.Mounted mounted, MountPoint target) {
    if (!mounted.isCurrent() || newer == Settings.NewerDirectory.IGNORE) {
      return mounted;
    }
    try (Fd top = target.open();
        Fd directory = target.openCovered()) {
      return warn(request, mounted, top.cachedStatus(), directory.cachedStatus());
    } catch (SyscallException e) {
      return mounted;
    }
  }

  private static Optional<String> older(
      Mounter.Request request, FileStatus top, FileStatus directory) {
    return TopDirectory.isNewer(directory, top)
        ? Optional.of(
            "the directory is newer than its image (changed "
                + time(directory)
                + ", image "
                + time(top)
                + "), which may serve older content; compare them with: lazymount verify "
                + request.name())
        : Optional.empty();
  }

  private static Instant time(FileStatus status) {
    return Instant.ofEpochSecond(Math.floorDiv(status.mtimeNanos(), 1_000_000_000L));
  }
}
