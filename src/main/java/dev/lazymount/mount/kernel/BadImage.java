package dev.lazymount.mount.kernel;

import dev.lazymount.mount.Mounter;

/**
 * The image must not be mounted: it is bad, or does not fit the directory that it would cover. Has
 * the reason, and what the verdict depends on.
 */
final class BadImage extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Mounter.Generation generation;
  private final transient Mounter.Covered covered;

  /** {@code generation} is null if the file could not be opened. */
  BadImage(String reason, Mounter.Generation generation) {
    this(reason, generation, null);
  }

  /** The image does not fit this directory. */
  BadImage(String reason, Mounter.Generation generation, Mounter.Covered covered) {
    super(reason);
    this.generation = generation;
    this.covered = covered;
  }

  /** The directory that it does not fit; null if the image is bad on any directory. */
  Mounter.Covered covered() {
    return covered;
  }

  Mounter.Generation generation() {
    return generation;
  }
}
