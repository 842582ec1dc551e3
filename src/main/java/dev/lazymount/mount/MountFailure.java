package dev.lazymount.mount;

import dev.lazymount.linux.SyscallException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Why an image was not mounted. The message names what was tried, on what, the errno by name, and
 * the kernel's own message where there is one, such as {@code fsconfig create: EINVAL (Invalid
 * argument); image /i/gcc.img; target /r/gcc; kernel: e squashfs: ...}.
 */
public class MountFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** What it means for the image. */
  public enum Kind {
    /**
     * The image is bad, or does not fit the directory that it would cover: quarantine it until the
     * file changes, or that directory does.
     */
    BAD_IMAGE,
    /** Another process holds the lock of this image: retry shortly. */
    LOCKED,
    /**
     * It can't be determined what is mounted, or an older image could not be swapped: an image that
     * was mounted may still be.
     */
    UNCLEAR,
    /** The directory was written to a short time ago: hold the image until {@link #until()}. */
    WRITTEN,
    /** Anything else, and the image is not mounted: try again after the back-off. */
    OTHER
  }

  private final Kind kind;
  private final transient Mounter.Generation generation;
  private final transient Mounter.Covered covered;
  private final transient Instant until;

  /** A failure for a reason that no system call gave. */
  public MountFailure(Kind kind, String reason) {
    this(kind, reason, (Instant) null);
  }

  private MountFailure(Kind kind, String reason, Instant until) {
    super(reason);
    this.kind = kind;
    this.generation = null;
    this.covered = null;
    this.until = until;
  }

  private MountFailure(
      Kind kind,
      String reason,
      Throwable cause,
      Mounter.Generation generation,
      Mounter.Covered covered) {
    super(reason, cause);
    this.kind = kind;
    this.generation = generation;
    this.covered = covered;
    this.until = null;
  }

  /** Any exception of a call. An internal error must not stop the actor. */
  public static MountFailure of(Throwable thrown) {
    return thrown instanceof MountFailure known
        ? known
        : new MountFailure(Kind.UNCLEAR, "internal error: " + thrown);
  }

  /** A failed system call on the way from image to target. */
  public static MountFailure of(Kind kind, SyscallException e, String image, String target) {
    return new MountFailure(kind, e.getMessage() + where(image, target), e, null, null);
  }

  /**
   * The mount point is a symlink, or has one on the way.
   *
   * @param which says which, and where it leads
   */
  public static MountFailure symlink(
      Kind kind, String which, SyscallException e, String image, String target) {
    return new MountFailure(
        kind,
        which
            + ", and nothing is mounted on or through a symlink: "
            + e.getMessage()
            + where(image, target),
        e,
        null,
        null);
  }

  /**
   * The directory was written to a short time ago; its own time of modification says so.
   *
   * @param when it was written to
   * @param quiet how long it is left alone after that
   */
  public static MountFailure written(Instant when, Duration quiet) {
    Instant until = when.plus(quiet);
    String reason = "written to at " + Hold.time(when) + "; not mounted until " + Hold.time(until);
    return new MountFailure(Kind.WRITTEN, reason, until);
  }

  /** A bad image; {@code generation} is the content that was found bad. */
  public static MountFailure badImage(
      String reason, String image, String target, Mounter.Generation generation) {
    return badImage(reason, image, target, generation, null);
  }

  /** The same of an image that does not fit the directory {@code covered}. */
  public static MountFailure badImage(
      String reason,
      String image,
      String target,
      Mounter.Generation generation,
      Mounter.Covered covered) {
    return new MountFailure(
        Kind.BAD_IMAGE, reason + where(image, target), null, generation, covered);
  }

  private static String where(String image, String target) {
    return "; image " + image + "; target " + target;
  }

  /** What it means for the image. */
  public Kind kind() {
    return kind;
  }

  /** The content that was found bad. */
  public Optional<Mounter.Generation> generation() {
    return Optional.ofNullable(generation);
  }

  /** When a directory that was written to may be mounted on; empty of all other kinds. */
  public Optional<Instant> until() {
    return Optional.ofNullable(until);
  }

  /** The directory that the image does not fit; empty if the image is bad on any directory. */
  public Optional<Mounter.Covered> covered() {
    return Optional.ofNullable(covered);
  }
}
