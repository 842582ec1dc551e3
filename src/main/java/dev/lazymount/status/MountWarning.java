package dev.lazymount.status;

/** What is wrong with the mount of an image, which stays. */
public enum MountWarning {
  /** Nothing. */
  NONE,
  /** Another file is the image of this name by now. */
  OUTDATED,
  /** The image is mounted twice on its mount point. */
  STACKED,
  /** The original directory was changed after the image was made. */
  NEWER_DIRECTORY,
  /** A mount of the image is elsewhere, because its directory was renamed. */
  DISPLACED,
  /** The last check or swap failed, so the mount may be outdated. */
  UNVERIFIED;

  /** Whether each scan checks the mount again. */
  public boolean needsRecheck() {
    return this != NONE && this != NEWER_DIRECTORY;
  }
}
