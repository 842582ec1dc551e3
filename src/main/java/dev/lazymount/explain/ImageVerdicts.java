package dev.lazymount.explain;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.explain.Explanation.Step;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountStatus;
import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The end of an explanation: what becomes of an image, by its state. Pure; used by {@link
 * Explainer}.
 *
 * @param settings those in force
 * @param status of the daemon
 * @param running whether there is one
 * @param now for ages
 */
record ImageVerdicts(Settings settings, DaemonStatus status, boolean running, Instant now) {

  /** A sentence on the state, and one on what comes. */
  private record Ending(String state, Instant since, String verdict, String next) {}

  Explanation of(String asked, List<Step> steps, ImageFile image) {
    Optional<MountStatus> line = status.mounts().get(image.name());
    line.map(MountStatus::lastAccess)
        .ifPresent(last -> steps.add(new Step("last used", Humanize.since(last, now))));
    Ending ending = line.map(this::inUse).orElseGet(() -> unused(image));
    return new Explanation(
        asked,
        List.copyOf(steps),
        ending.state(),
        image.name(),
        ending.since() == null ? null : ending.since().toString(),
        ending.verdict(),
        ending.next());
  }

  private Ending unused(ImageFile image) {
    String name = image.name();
    if (!running) {
      return new Ending(
          "unused",
          null,
          name + " is not mounted, as no daemon runs.",
          "A daemon would mount it at the first access; mode is " + settings.mode() + ".");
    }
    return new Ending(
        "unused",
        null,
        name + " is not mounted: nobody has used it since the daemon began.",
        use());
  }

  /** What a first access leads to. */
  private String use() {
    if (observes()) {
      return "Mode is observe: an access would be noted, and nothing mounted.";
    }
    if (status.storageProblem() != null) {
      return "Nothing until the storage answers: " + status.storageProblem() + ".";
    }
    List<String> ignored = settings.trace().ignoreComms();
    return "The first open of a file in it mounts it"
        + (ignored.isEmpty()
            ? "."
            : "; not by " + String.join(", ", ignored) + " (trace.ignore-comms).");
  }

  private boolean observes() {
    return settings.mode() == Settings.Mode.OBSERVE;
  }

  private Ending inUse(MountStatus line) {
    String since = Humanize.since(line.since(), now);
    String why = line.reason() == null ? "" : ": " + line.reason();
    return switch (line.state()) {
      case MOUNTED -> mounted(line);
      case MOUNTING ->
          ending(
              line,
              "is being mounted since " + since,
              "The original is read until it is; after "
                  + Humanize.span(settings.mount().timeout())
                  + " it is called stuck.");
      case FAILED -> ending(line, "could not be mounted, " + since + why, retry(line));
      case QUARANTINED ->
          ending(
              line,
              "is quarantined since " + since + why,
              "The original is read. An access after its file has changed mounts it.");
      case STUCK ->
          ending(
              line,
              "is stuck since " + since + why,
              "The original is read. A mount in the kernel can't be broken off; when the storage"
                  + " answers, it ends.");
      case UNMOUNTED -> ending(line, "is not mounted since " + since + why, use());
    };
  }

  private Ending mounted(MountStatus line) {
    String from = line.device() == null ? "" : " from " + line.device();
    String took =
        line.mountMillis() == null
            ? running ? ", taken over from an earlier daemon" : ""
            : ", in " + Humanize.millis(line.mountMillis());
    String when = running ? " since " + Humanize.since(line.since(), now) : "";
    String by = line.trigger() == null ? "" : ", for " + line.trigger();
    String old = line.reason() == null ? "" : "; but " + line.reason();
    String idle =
        settings
            .idle()
            .unmountAfter()
            .map(after -> "unused for " + Humanize.span(after) + ", or its image is gone")
            .orElse("its image is gone and nobody uses it");
    return ending(
        line,
        "is mounted" + from + when + took + by + old,
        "What is opened in it comes from the image. It stays until "
            + idle
            + "; a replaced image is swapped after the next scan.");
  }

  private String retry(MountStatus line) {
    if (line.retryAt() == null) {
      return "An access tries again.";
    }
    Duration left = Duration.between(now, line.retryAt());
    return left.isNegative() || left.isZero()
        ? "The original is read. The pause is over: the next access tries again."
        : "The original is read. An access in " + Humanize.span(left) + " or later tries again.";
  }

  private static Ending ending(MountStatus line, String verdict, String next) {
    return new Ending(line.state().word(), line.since(), line.name() + " " + verdict + ".", next);
  }
}
