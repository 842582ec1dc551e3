package dev.lazymount.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Where a path leads, by what the newest scan knows: the one answer on which both the router acts
 * and {@code explain} reports. Immutable.
 *
 * @param kind what the path is
 * @param hops the symlinks of the root that were followed, in order. The last one is the reason if
 *     the kind is {@link Kind#LEADS_OUT} or {@link Kind#LOOP}
 * @param images the images whose directories the path passes or ends at, outermost first, which is
 *     the order to mount them in; the last one serves the path
 * @param path the components below the root with all symlinks followed; as far as they could be
 *     followed if the kind is {@link Kind#LEADS_OUT} or {@link Kind#LOOP}
 */
public record Resolution(Kind kind, List<Hop> hops, List<ImageFile> images, List<String> path) {
  /** What a path is. */
  public enum Kind {
    /** Not below the root. */
    OUTSIDE,
    /** The root itself. */
    ROOT,
    /** Below a symlink of the root that leads out of it: nothing can be mounted there. */
    LEADS_OUT,
    /** Through more symlinks than the kernel follows (ELOOP). */
    LOOP,
    /** No image has this name, nor a name on the way to it. */
    NO_IMAGE,
    /** A directory that no image serves, and that images are in. */
    DIRECTORY,
    /** The directory of an image itself. To open or list it is no use of the image. */
    OWN_DIRECTORY,
    /** In the directory of an image. */
    INSIDE
  }

  /**
   * A symlink of the root.
   *
   * @param link its path below the root
   * @param target where it leads: relative to the root, where the empty text is the root itself, or
   *     an absolute path if that is outside
   */
  public record Hop(String link, String target) {}

  private static final Resolution NOT_BELOW_THE_ROOT =
      new Resolution(Kind.OUTSIDE, List.of(), List.of(), List.of());

  /** Of a path that is not below the root. */
  public static Resolution outside() {
    return NOT_BELOW_THE_ROOT;
  }

  /** The image that serves the path: the innermost one; empty if there is none. */
  public Optional<ImageFile> image() {
    return images.isEmpty() ? Optional.empty() : Optional.of(images.get(images.size() - 1));
  }

  /**
   * The images that an access to this path uses, outermost first. An image whose own directory is
   * opened is not used by that ({@code ls} does it); the images around it are.
   */
  public List<ImageFile> used() {
    return kind == Kind.OWN_DIRECTORY ? images.subList(0, images.size() - 1) : images;
  }
}
