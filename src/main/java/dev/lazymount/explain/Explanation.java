package dev.lazymount.explain;

import com.google.gson.annotations.SerializedName;
import dev.lazymount.status.MountState;
import java.util.ArrayList;
import java.util.List;

/**
 * Why a compiler is mounted or not: every step from the question to the verdict. The shape of
 * {@code lazymount explain --json}: fields are added, never renamed.
 *
 * @param asked the question, printable
 * @param steps in the order in which an access takes them
 * @param state of the image, or what the path is instead
 * @param name of the image; null if there is none
 * @param device from which the image is mounted, such as {@code /dev/loop3}; null if it is not
 * @param since ISO 8601, when it came into this state; null where that is not known
 * @param verdict the answer, a sentence
 * @param next what happens next, a sentence
 */
public record Explanation(
    String asked,
    List<Step> steps,
    State state,
    String name,
    String device,
    String since,
    String verdict,
    String next) {

  /** The step that says that the original of a mounted image is still read. */
  public static final String BYPASSED = "bypassed";

  /** The state of an image, or what a path is if no image serves it. */
  public enum State {
    /** Used before, and not mounted now. */
    @SerializedName("unmounted")
    UNMOUNTED,
    /** A mount is under way. */
    @SerializedName("mounting")
    MOUNTING,
    /** Served from its image. */
    @SerializedName("mounted")
    MOUNTED,
    /** The last attempt failed. */
    @SerializedName("failed")
    FAILED,
    /** Not tried again until the image file changes. */
    @SerializedName("quarantined")
    QUARANTINED,
    /** An operator holds it, or its directory was written to. */
    @SerializedName("held")
    HELD,
    /** A call to the kernel has not returned in time. */
    @SerializedName("stuck")
    STUCK,
    /** An image that has not been used yet. */
    @SerializedName("unused")
    UNUSED,
    /** No image has this name. */
    @SerializedName("unknown")
    UNKNOWN,
    /** A directory of images. */
    @SerializedName("directory")
    DIRECTORY,
    /** The root itself. */
    @SerializedName("root")
    ROOT,
    /** Not below the root, or through a symlink that leads out of it. */
    @SerializedName("outside")
    OUTSIDE,
    /** Not known, because no scan has finished. */
    @SerializedName("unscanned")
    UNSCANNED;

    static State of(MountState state) {
      return switch (state) {
        case UNMOUNTED -> UNMOUNTED;
        case MOUNTING -> MOUNTING;
        case MOUNTED -> MOUNTED;
        case FAILED -> FAILED;
        case QUARANTINED -> QUARANTINED;
        case HELD -> HELD;
        case STUCK -> STUCK;
      };
    }
  }

  /**
   * One step.
   *
   * @param what its subject, a word or two
   * @param finding its result
   */
  public record Step(String what, String finding) {}

  /** The same with one more step at the end. */
  public Explanation with(Step step) {
    List<Step> more = new ArrayList<>(steps);
    more.add(step);
    return new Explanation(asked, List.copyOf(more), state, name, device, since, verdict, next);
  }

  /** For people: one line for each step, then the verdict. */
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
