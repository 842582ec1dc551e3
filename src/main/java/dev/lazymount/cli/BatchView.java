package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.lazymount.batch.Progress;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.hold.MountUsers;
import dev.lazymount.linux.Terminal;
import dev.lazymount.mount.MountResult;
import dev.lazymount.text.Printable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * Prints a batch. Progress goes to standard error: on a terminal as one line that is redrawn, else
 * as a line every few seconds. The result goes to standard output, as one line or as JSON.
 * Thread-safe.
 */
final class BatchView {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration PRINT = Duration.ofSeconds(5);

  /** So many failures are printed as they happen, one per line. */
  private static final int MAX_FAILURES = 20;

  /** So many images are looked up in /proc, as each may take two seconds. */
  private static final int MAX_LOOKUPS = 3;

  private static final String CLEAR_LINE = "\r\033[K";

  /** An image of the JSON result. */
  private record Image(String name, String outcome, String reason, String lingering) {}

  /** The JSON result. */
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
  private final UnaryOperator<String> users;
  private final boolean terminal = Terminal.isStderr();
  private final long start = System.nanoTime();
  private final List<Image> images = new ArrayList<>();

  private Progress newest = new Progress(0, 0, 0, 0, 0, 0, null);
  private long shownAt = start;
  private boolean incomplete;
  private boolean drawn;
  private int failures;
  private int lookups;

  /**
   * A view without output so far.
   *
   * @param command mount or unmount
   * @param json whether to print the result as JSON
   * @param busyIsFine whether an image that stays mounted because it is in use is not a failure
   * @param users finds the processes that use an image; takes up to two seconds
   */
  BatchView(String command, boolean json, boolean busyIsFine, UnaryOperator<String> users) {
    this.command = command;
    this.json = json;
    this.busyIsFine = busyIsFine;
    this.users = users;
  }

  /** Reports why some images may be missing from the selection. */
  synchronized void incomplete(String problem) {
    incomplete = true;
    Main.complain(problem);
  }

  /** Reports the result of one more image, or that the batch is waiting. */
  synchronized void update(Progress progress) {
    newest = progress;
    MountResult last = progress.last();
    if (last != null) {
      String reason = reason(last);
      images.add(
          new Image(
              last.name(),
              last.outcome().name().toLowerCase(Locale.ROOT),
              reason,
              last.lingering()));
      boolean failed = isFailure(last);
      if ((failed || last.lingering() != null) && failures++ < MAX_FAILURES) {
        clear();
        Main.complain(Printable.of(last.name() + ": " + reason));
      }
    }
    long now = System.nanoTime();
    if (now - shownAt >= (terminal ? REDRAW : PRINT).toNanos()) {
      shownAt = now;
      show();
    }
  }

  /** With the processes that use it, for the first few. */
  private String reason(MountResult result) {
    boolean busy = isFailure(result) && result.outcome() == MountResult.Outcome.BUSY;
    if (result.lingering() != null) {
      String still = "unmounted, but " + result.lingering() + " is still in use";
      return lookups++ < MAX_LOOKUPS ? still + ": " + MountUsers.of(result.lingering()) : still;
    }
    return busy && lookups++ < MAX_LOOKUPS
        ? result.reason() + ": " + users.apply(result.name())
        : result.reason();
  }

  private void show() {
    String text =
        newest.total() == 0
            ? "waiting for the first image scan"
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

  /** Prints the result; returns the exit code. */
  synchronized int finish(Progress end, boolean interrupted) {
    newest = end;
    clear();
    if (failures > MAX_FAILURES) {
      Main.complain(
          (failures - MAX_FAILURES) + " more failed or are still in use; --json lists them all");
    }
    report(interrupted, "");
    boolean all = end.failed() == 0 && (busyIsFine || end.busy() == 0);
    return all && !interrupted && !incomplete ? Main.OK : Main.FAILED;
  }

  /** Prints the result so far, without waiting for mounts in progress. */
  synchronized void interrupted() {
    clear();
    String inProgress = newest.underWay() == 0 ? "" : ", " + newest.underWay() + " in progress";
    report(true, inProgress);
    System.out.flush();
  }

  /** Removes the progress line, because the batch ends without a result. */
  synchronized void abort() {
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

  private boolean isFailure(MountResult result) {
    return !result.outcome().isGood()
        && !(busyIsFine && result.outcome() != MountResult.Outcome.FAILED);
  }

  private String counts(Progress progress) {
    boolean mount = command.equals(RouterBatch.MOUNT);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(Locale.ROOT, "%,d %s", progress.done(), mount ? "mounted" : "unmounted"));
    add(text, progress.already(), mount ? "already mounted" : "not mounted");
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
