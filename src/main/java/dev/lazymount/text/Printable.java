package dev.lazymount.text;

/**
 * Makes text from outside (file names, process names, output of programs) safe for one line of a
 * log or a terminal. Pure.
 */
public final class Printable {
  private Printable() {}

  /**
   * The text with {@code ?} in place of each character that could move the cursor, start a line or
   * change how its neighbours are displayed: control and format characters (such as escape
   * sequences and bidirectional overrides), line separators and halves of surrogate pairs. Letters
   * of all scripts stay.
   */
  public static String of(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints().forEach(c -> safe.appendCodePoint(isSafe(c) ? c : '?'));
    return safe.toString();
  }

  /**
   * The same, cut off after so many characters, with {@code ...} if something was cut off.
   *
   * @param most at least 1
   */
  public static String shortened(String text, int most) {
    if (text.length() <= most) {
      return of(text);
    }
    // Not between the two halves of one character.
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return of(text.substring(0, end)) + "...";
  }

  private static boolean isSafe(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
