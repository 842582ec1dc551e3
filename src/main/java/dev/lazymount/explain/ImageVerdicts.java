package dev.lazymount.explain;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.explain.Explanation.State;
import dev.lazymount.explain.Explanation.Step;
import dev.lazymount.status.Bypass;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountStatus;
import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * The end of an explanation that leads to an image: one sentence for its state, and one for what
 * happens next. Pure; used by {@link Explainer}.
 *
 * @param settings those in force
 * @param status of the daemon
 * @param running whether a daemon runs
 * @param now for ages
 */
record ImageVerdicts(Settings settings, DaemonStatus status, boolean running, Instant now) {
  private static final String ORIGINAL = "Reads are served from the original directory. ";

  private record Ending(State state, Instant since, String verdict, String next) {}

  Explanation of(String asked, List<Step> steps, ImageFile image) {
    Optional<MountStatus> row = status.mounts().get(image.name());
    row.map(MountStatus::lastAccess)
        .ifPresent(last -> steps.add(new Step("last used", Humanize.since(last, now))));
    row.filter(MountStatus::mounted)
        .flatMap(mounted -> status.bypasses().of(image.name(), now))
        .ifPresent(bypass -> steps.add(new Step(Explanation.BYPASSED, bypassed(bypass))));
    Ending ending = row.map(this::inUse).orElseGet(() -> unused(image));
    return new Explanation(
        asked,
        List.copyOf(steps),
        ending.state(),
        image.name(),
        row.filter(MountStatus::mounted).map(MountStatus::device).orElse(null),
        ending.since() == null ? null : ending.since().toString(),
        ending.verdict(),
        ending.next());
  }

  private String bypassed(Bypass bypass) {
    return "its original directory is still read: "
        + bypass.accesses()
        + (bypass.accesses() == 1 ? " access" : " accesses")
        + " since "
        + Humanize.since(bypass.since(), now)
        + ", the newest "
        + Humanize.ago(bypass.lastSeen(), now)
        + ", by "
        + bypass.process()
        + ": "
        + bypass.cause();
  }

  private Ending unused(ImageFile image) {
    String why = running ? "it has not been used since the daemon started" : "no daemon is running";
    return new Ending(
        State.UNUSED, null, image.name() + " is not mounted because " + why + ".", firstAccess());
  }

  /** What a first access does. */
  private String firstAccess() {
    if (observes()) {
      return (running ? "Mode is observe" : "A daemon would start in mode observe")
          + ": an access is counted, and nothing is mounted.";
    }
    if (!running) {
      return "With a daemon, the first access mounts it; mode is " + settings.mode() + ".";
    }
    if (status.storageProblem() != null) {
      return "Nothing is mounted until the storage responds: " + status.storageProblem() + ".";
    }
    List<String> ignored = settings.trace().ignoreComms();
    return "The first open of a file in it mounts it"
        + (ignored.isEmpty()
            ? "."
            : "; opens by " + String.join(", ", ignored) + " are ignored (trace.ignore-comms).")
        + scanners();
  }

  /** The processes that walk the tree now. */
  private String scanners() {
    List<String> names =
        status.scanners().stream()
            .map(scanner -> scanner.comm() + "[" + scanner.pid() + "]")
            .toList();
    return names.isEmpty()
        ? ""
        : " Opens by "
            + String.join(", ", names)
            + " are ignored: "
            + (names.size() == 1 ? "it walks" : "they walk")
            + " the tree (trace.scanner-names).";
  }

  private boolean observes() {
    return settings.mode() == Settings.Mode.OBSERVE;
  }

  private Ending inUse(MountStatus row) {
    String since = Humanize.since(row.since(), now);
    String why = row.reason() == null ? "" : ": " + row.reason();
    return switch (row.state()) {
      case MOUNTED -> mounted(row);
      case MOUNTING ->
          ending(
              row,
              "is not mounted yet: its mount started " + since,
              ORIGINAL
                  + "After "
                  + Humanize.span(settings.mount().timeout())
                  + " the mount is reported as stuck.");
      case FAILED ->
          ending(
              row, "is not mounted because the attempt of " + since + " failed" + why, retry(row));
      case QUARANTINED ->
          ending(
              row,
              "is not mounted: it has been quarantined since " + since + why,
              ORIGINAL + "The first access after that change tries again.");
      case HELD -> ending(row, "has been held since " + since + why, afterHold(row));
      case STUCK ->
          ending(
              row,
              "has been stuck since " + since + why,
              (row.mounted() ? "Reads are served from the mounted image. " : ORIGINAL)
                  + "A mount in the kernel can't be interrupted; it ends when the storage"
                  + " responds.");
      case UNMOUNTED -> ending(row, "has not been mounted since " + since + why, firstAccess());
    };
  }

  private String afterHold(MountStatus row) {
    return ORIGINAL
        + (row.retryAt() == null
            ? "Accesses mount nothing until an operator releases it: lazymount release "
                + row.name()
                + "."
            : "The first access after "
                + row.retryAt().truncatedTo(ChronoUnit.SECONDS)
                + " mounts it.");
  }

  private Ending mounted(MountStatus row) {
    StringBuilder verdict = new StringBuilder(running ? "has been mounted" : "is mounted");
    if (row.device() != null) {
      verdict.append(" from ").append(row.device());
    }
    if (running) {
      verdict.append(" since ").append(Humanize.since(row.since(), now));
      verdict.append(
          row.mountMillis() == null
              ? ", not by this daemon"
              : ", in " + Humanize.millis(row.mountMillis()));
    }
    if (row.trigger() != null) {
      verdict.append(", for ").append(row.trigger());
    }
    if (row.reason() != null) {
      verdict.append("; but ").append(row.reason());
    }
    String idle =
        settings
            .idle()
            .unmountAfter()
            .map(after -> "it has been idle for " + Humanize.span(after) + ", or its image is gone")
            .orElse("its image is gone and it is idle");
    return ending(
        row,
        verdict.toString(),
        "Files opened in it are read from the image. It stays mounted until "
            + idle
            + ". A replaced image is swapped after the next scan.");
  }

  private String retry(MountStatus row) {
    if (row.retryAt() == null) {
      return ORIGINAL + "The next access tries again.";
    }
    Duration left = Duration.between(now, row.retryAt());
    return left.isNegative() || left.isZero()
        ? ORIGINAL + "The back-off is over: the next access tries again."
        : ORIGINAL + "The first access after " + Humanize.span(left) + " tries again.";
  }

  private static Ending ending(MountStatus row, String verdict, String next) {
    return new Ending(State.of(row.state()), row.since(), row.name() + " " + verdict + ".", next);
  }
}
