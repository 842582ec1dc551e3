package dev.lazymount.text;

/**
 * The edit distance of two texts: how many characters must be inserted, removed or replaced, or two
 * neighbours swapped, to get from one to the other (optimal string alignment). Pure.
 */
public final class EditDistance {
  private EditDistance() {}

  /** The distance of two texts. Time is the product of both lengths. */
  public static int of(String a, String b) {
    return atMost(a, b, Math.max(a.length(), b.length()));
  }

  /**
   * The distance of two texts, if it is at most {@code limit}. Stops as soon as it is more, so that
   * most of thousands of texts that have nothing in common cost little.
   *
   * @param limit at least 0
   * @return the distance, or {@code limit + 1} for anything more
   */
  public static int atMost(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) > limit) {
      return limit + 1;
    }
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    // A swap reaches back over one row, so only two rows in a row above the limit decide.
    int leastOfLast = 0;
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      int least = i;
      for (int j = 1; j <= b.length(); j++) {
        int edits = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        edits = Math.min(edits, 1 + Math.min(last[j], row[j - 1]));
        if (isSwap(a, i, b, j)) {
          edits = Math.min(edits, 1 + beforeLast[j - 2]);
        }
        row[j] = edits;
        least = Math.min(least, edits);
      }
      if (least > limit && leastOfLast > limit) {
        return limit + 1;
      }
      leastOfLast = least;
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return Math.min(last[b.length()], limit + 1);
  }

  private static boolean isSwap(String a, int i, String b, int j) {
    return i > 1
        && j > 1
        && a.charAt(i - 1) == b.charAt(j - 2)
        && a.charAt(i - 2) == b.charAt(j - 1);
  }
}
