package dev.lazymount.explain;

import java.util.List;

/**
 * Why a compiler is mounted or not: every step from what was asked to the verdict. The shape of
 * {@code lazymount explain --json}: fields are added, never renamed.
 *
 * @param asked as it was asked, fit to be printed
 * @param steps in the order in which an access takes them
 * @param state of the image: unmounted, mounting, mounted, failed, quarantined or stuck; or {@code
 *     unused} (nobody has used it), {@code unknown} (no image has this name), {@code directory} (of
 *     images), {@code root}, {@code outside} (the root), {@code unscanned} (no scan has ended)
 * @param name of the image; null if it is none
 * @param since ISO 8601, when it came into this state; null where that is not known
 * @param verdict the answer, a sentence
 * @param next what happens next, a sentence
 */
public record Explanation(
    String asked,
    List<Step> steps,
    String state,
    String name,
    String since,
    String verdict,
    String next) {

  /**
   * One step.
   *
   * @param what it is about, a word or two
   * @param finding what came of it
   */
  public record Step(String what, String finding) {}

  /** For people: a line a step, then the verdict. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (Step step : steps) {
      line(text, step.what(), step.finding());
    }
    line(text, "verdict", verdict);
    line(text, "next", next);
    return text.toString();
  }

  private static void line(StringBuilder text, String what, String finding) {
    text.append(String.format("%-11s %s%n", what, finding));
  }
}
