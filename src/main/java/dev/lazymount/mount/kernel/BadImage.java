package dev.lazymount.mount.kernel;

import dev.lazymount.mount.Mounter;

/** The image itself is bad; says why, and which content was found so. */
final class BadImage extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Mounter.Generation generation;

  /** {@code generation} is null where the file could not even be looked at. */
  BadImage(String reason, Mounter.Generation generation) {
    super(reason);
    this.generation = generation;
  }

  Mounter.Generation generation() {
    return generation;
  }
}
