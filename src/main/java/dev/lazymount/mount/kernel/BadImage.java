package dev.lazymount.mount.kernel;

import dev.lazymount.mount.Mounter;

/** The image itself is bad. Has the reason and the content that is bad. */
final class BadImage extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Mounter.Generation generation;

  /** {@code generation} is null if the file could not be opened. */
  BadImage(String reason, Mounter.Generation generation) {
    super(reason);
    this.generation = generation;
  }

  Mounter.Generation generation() {
    return generation;
  }
}
