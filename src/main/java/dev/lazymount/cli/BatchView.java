package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.lazymount.batch.Progress;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.linux.Terminal;
import dev.lazymount.mount.MountResult;
import dev.lazymount.status.Access;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a person sees of a batch: on a terminal a line that is redrawn, else a line now and then,
 * both on standard error; in the end one line, or JSON, on standard output. Thread-safe.
 */
final class BatchView {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration NOW_AND_THEN = Duration.ofSeconds(5);

  /** Of the failures, so many are told in a line each as they come. */
  private static final int TOLD = 20;

  private static final String CLEAR_LINE = "\r\033[K";

  /** One image in the JSON. */
  private record Image(String name, String outcome, String reason) {}

  /** The JSON. */
  private record Report(
      String command,
      boolean interrupted,
      double seconds,
      int total,
      int done,
      int already,
      int busy,
      int failed,
      int left,
      List<Image> images) {}

  private final String command;
  private final boolean json;
  private final boolean busyIsFine;
  private final boolean terminal = Terminal.isStderr();
  private final long start = System.nanoTime();
  private final List<Image> images = new ArrayList<>();

  private Progress newest = new Progress(0, 0, 0, 0, 0, 0, null);
  private long shownAt = start;
  private boolean incomplete;
  private boolean drawn;
  private int told;

  /**
   * Nothing to see yet.
   *
   * @param command mount or unmount
   * @param json whether the end is told as JSON
   * @param busyIsFine whether an image that stays because it is in use is no failure
   */
  BatchView(String command, boolean json, boolean busyIsFine) {
    this.command = command;
    this.json = json;
    this.busyIsFine = busyIsFine;
  }

  /** For this reason it may be not all that was asked for. */
  synchronized void incomplete(String problem) {
    incomplete = true;
    Main.complain(problem);
  }

  /** One more is over, or nothing has been for a while. */
  synchronized void tell(Progress progress) {
    newest = progress;
    MountResult last = progress.last();
    if (last != null) {
      images.add(
          new Image(last.name(), last.outcome().name().toLowerCase(Locale.ROOT), last.reason()));
      if (isFailure(last) && told++ < TOLD) {
        clear();
        Main.complain(Access.printable(last.name() + ": " + last.reason()));
      }
    }
    long now = System.nanoTime();
    if (now - shownAt >= (terminal ? REDRAW : NOW_AND_THEN).toNanos()) {
      shownAt = now;
      show();
    }
  }

  private void show() {
    String text =
        newest.total() == 0
            ? "waiting for the first scan of the images"
            : String.format(
                Locale.ROOT, "%,d of %,d: %s", newest.over(), newest.total(), counts(newest));
    if (newest.last() == null && newest.underWay() > 0) {
      text += "; still waiting for " + newest.underWay();
    }
    if (terminal) {
      System.err.print(CLEAR_LINE + text);
      drawn = true;
    } else {
      System.err.println(text);
    }
  }

  /** It is at its end; the exit code. */
  synchronized int end(Progress end, boolean interrupted) {
    newest = end;
    clear();
    if (told > TOLD) {
      Main.complain((told - TOLD) + " more failed; --json lists all");
    }
    report(interrupted, "");
    boolean all = end.failed() == 0 && (busyIsFine || end.busy() == 0);
    return all && !interrupted && !incomplete ? Main.OK : Main.FAILED;
  }

  /** Interrupted, and what is begun is not waited for. */
  synchronized void cut() {
    clear();
    String begun = newest.underWay() == 0 ? "" : "; " + newest.underWay() + " were under way";
    report(true, begun);
    System.out.flush();
  }

  /** It does not come to an end of its own. */
  synchronized void abandon() {
    clear();
  }

  private void report(boolean interrupted, String more) {
    double seconds = (System.nanoTime() - start) / 1e9;
    if (json) {
      System.out.println(
          GSON.toJson(
              new Report(
                  command,
                  interrupted,
                  seconds,
                  newest.total(),
                  newest.done(),
                  newest.already(),
                  newest.busy(),
                  newest.failed(),
                  newest.left(),
                  images)));
      return;
    }
    String left = interrupted ? String.format(Locale.ROOT, ", %,d left", newest.left()) + more : "";
    System.out.println(
        (interrupted ? "interrupted: " : "")
            + counts(newest)
            + left
            + String.format(Locale.ROOT, " (%.1f s)", seconds));
  }

  private boolean isFailure(MountResult settled) {
    return !settled.outcome().isGood()
        && !(busyIsFine && settled.outcome() != MountResult.Outcome.FAILED);
  }

  private String counts(Progress progress) {
    boolean mount = command.equals(RouterBatch.MOUNT);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(Locale.ROOT, "%,d %s", progress.done(), mount ? "mounted" : "unmounted"));
    add(text, progress.already(), mount ? "were mounted already" : "were not mounted");
    add(text, progress.busy(), "in use");
    add(text, progress.failed(), "failed");
    return text.toString();
  }

  private static void add(StringBuilder text, int count, String what) {
    if (count > 0) {
      text.append(String.format(Locale.ROOT, ", %,d %s", count, what));
    }
  }

  private void clear() {
    if (drawn) {
      System.err.print(CLEAR_LINE);
      drawn = false;
    }
  }
}
