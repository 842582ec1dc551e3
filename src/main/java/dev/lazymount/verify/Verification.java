package dev.lazymount.verify;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.kernel.DetachedImage;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Compares one image with its directory, whether it is mounted or not: the image is mounted where
 * no path leads, and the directory is reached through a copy of the root's mount that has none of
 * the mounts on it. Needs no daemon and disturbs none. Blocks for as long as the storage does.
 */
public final class Verification {
  /** The outcome for one image. */
  public enum Outcome {
    /** Nothing differs. */
    SAME,
    /** At least one entry differs. */
    DIFFERENT,
    /** The two could not be compared. */
    FAILED
  }

  /**
   * The result for one image.
   *
   * @param name the image's name
   * @param outcome whether it is the same
   * @param entries how many files, directories and symlinks were compared
   * @param bytes how many bytes of content were compared
   * @param differences how many differences were found
   * @param reason why the two could not be compared; null unless {@link Outcome#FAILED}
   */
  public record Result(
      String name, Outcome outcome, long entries, long bytes, long differences, String reason) {}

  private final Settings settings;
  private final boolean content;

  /**
   * Verifications with these settings.
   *
   * @param content whether to compare the bytes of files, too
   */
  public Verification(Settings settings, boolean content) {
    this.settings = settings;
    this.content = content;
  }

  /**
   * Compares one image.
   *
   * @param image which one
   * @param differences gets each difference as it is found
   * @param entrySeen called after each entry, for progress
   */
  public Result verify(ImageFile image, Consumer<Difference> differences, Runnable entrySeen) {
    long[] found = {0};
    TreeComparison comparison =
        new TreeComparison(
            content,
            difference -> {
              found[0]++;
              differences.accept(difference);
            },
            entrySeen);
    String reason = null;
    try (DetachedImage detached = DetachedImage.open(settings, image.file());
        Fd root = Mounts.copyWithoutMountsInside(settings.root().toString());
        Fd directory = root.openPlaceBeneath(image.name())) {
      comparison.compare(detached.top(), directory);
    } catch (SyscallException e) {
      reason = settings.root() + "/" + image.name() + ": " + e.getMessage();
    } catch (IOException e) {
      reason = e.getMessage();
    }
    Outcome outcome =
        reason != null ? Outcome.FAILED : found[0] > 0 ? Outcome.DIFFERENT : Outcome.SAME;
    return new Result(
        image.name(), outcome, comparison.entries(), comparison.bytes(), found[0], reason);
  }
}
