package dev.lazymount.catalog;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One image: the name it serves below the root, and its file below the image directory.
 *
 * <p>The constructor is the gate: code that has an ImageFile can append its name and its file to a
 * directory's path without leaving that directory, and can print both without harm to a terminal or
 * a log.
 *
 * @param name relative path below the root, such as {@code arm64/gcc-8.2.0}; no {@link
 *     #refusal(String)}
 * @param file relative path below the image directory: the name and a suffix, such as {@code
 *     arm64/gcc-8.2.0.img}. Nothing is known of its type or content
 */
public record ImageFile(String name, String file) {
  /** The longest name, in chars. The longest one in the field has 94. */
  public static final int MAX_NAME_CHARS = 200;

  /** The longest component, in bytes of UTF-8: NAME_MAX of every Linux file system. */
  public static final int MAX_COMPONENT_BYTES = 255;

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException if the name is refused, or if the file is not the name and a
   *     suffix without a slash or a control character
   */
  public ImageFile {
    Optional<String> refusal = refusal(name);
    if (refusal.isPresent()) {
      throw new IllegalArgumentException("image name: " + refusal.get());
    }
    String suffix = file.startsWith(name) ? file.substring(name.length()) : "";
    if (suffix.isEmpty() || suffix.indexOf('/') >= 0 || hasControl(suffix)) {
      throw new IllegalArgumentException("image file is not " + name + " and a suffix");
    }
  }

  /**
   * Why this can't be the name of an image, in words that go behind the name; empty if it can be.
   *
   * @param name any text
   */
  public static Optional<String> refusal(String name) {
    if (name.length() > MAX_NAME_CHARS) {
      return Optional.of("longer than " + MAX_NAME_CHARS + " characters");
    }
    if (hasControl(name)) {
      return Optional.of("a control character in the name");
    }
    for (int from = 0, end; from <= name.length(); from = end + 1) {
      int slash = name.indexOf('/', from);
      end = slash < 0 ? name.length() : slash;
      String component = name.substring(from, end);
      if (component.isEmpty() || component.equals(".") || component.equals("..")) {
        return Optional.of("the name is empty, . or ..");
      }
      if (component.getBytes(StandardCharsets.UTF_8).length > MAX_COMPONENT_BYTES) {
        return Optional.of("a component longer than " + MAX_COMPONENT_BYTES + " bytes");
      }
    }
    return Optional.empty();
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
