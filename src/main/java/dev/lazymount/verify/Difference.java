package dev.lazymount.verify;

/**
 * One entry that is not the same in an image and in its directory.
 *
 * @param path below the compiler's directory; {@code .} is that directory itself
 * @param kind what differs
 * @param image the value in the image; empty if the entry is missing there
 * @param directory the value in the directory; empty if the entry is missing there
 */
public record Difference(String path, Kind kind, String image, String directory) {
  /** What differs. */
  public enum Kind {
    /** The image has an entry that the directory does not have. */
    ONLY_IN_IMAGE("only in the image"),
    /** The directory has an entry that the image does not have. */
    ONLY_IN_DIRECTORY("only in the directory"),
    /** A file in one is a directory, symlink or device in the other. */
    TYPE("type"),
    /** The permission bits differ. */
    MODE("mode"),
    /** The size of a file differs, in bytes. */
    SIZE("size"),
    /** The target of a symlink differs. */
    LINK_TARGET("symlink target"),
    /** A file has other bytes. */
    CONTENT("content"),
    /** One of the two could not be read; the value is the reason. */
    UNREADABLE("unreadable");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** For people, such as {@code symlink target}. */
    public String words() {
      return words;
    }
  }

  /**
   * One line for people, such as {@code bin/gcc: size 81920 in the image, 90112 in the directory}.
   */
  public String text() {
    return switch (kind) {
      case ONLY_IN_IMAGE, ONLY_IN_DIRECTORY -> path + ": " + kind.words();
      case CONTENT -> path + ": content differs from byte " + image + " on";
      case UNREADABLE ->
          path
              + ": "
              + (image.isEmpty() ? "in the directory: " + directory : "in the image: " + image);
      case TYPE, MODE, SIZE, LINK_TARGET ->
          path
              + ": "
              + kind.words()
              + " "
              + image
              + " in the image, "
              + directory
              + " in the directory";
    };
  }
}
