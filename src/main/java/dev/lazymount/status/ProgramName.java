package dev.lazymount.status;

/** A trace program, by the name that the settings and the status use. */
public enum ProgramName {
  /** No program has been started yet. */
  NONE("", true, false),

  /** Compares the paths that processes pass to the kernel. */
  PATH("path", true, false),

  /** Inspects the files that the kernel has opened. */
  RESOLVED("resolved", false, true),

  /** Inspects each file at the kernel function that every open passes. */
  HOOKED("hooked", false, true);

  private final String text;
  private final boolean seesMountedImages;
  private final boolean reportsUses;

  ProgramName(String text, boolean seesMountedImages, boolean reportsUses) {
    this.text = text;
    this.reportsUses = reportsUses;
    this.seesMountedImages = seesMountedImages;
  }

  /**
   * Whether it reports accesses below a directory on which an image is mounted. If not, an image
   * nested in a mounted one gets no access of its own.
   */
  public boolean seesMountedImages() {
    return seesMountedImages;
  }

  /** Whether it reports each image in use ({@link ImageUse}), from any mount namespace. */
  public boolean reportsUses() {
    return reportsUses;
  }

  /** The name as shown; empty for {@link #NONE}. */
  @Override
  public String toString() {
    return text;
  }
}
