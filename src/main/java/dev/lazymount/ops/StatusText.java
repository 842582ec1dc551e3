package dev.lazymount.ops;

import java.util.Locale;
import java.util.Optional;

/** A status for people to read at a glance. */
public final class StatusText {
  private StatusText() {}

  /** All of it, several lines. */
  public static String of(StatusReport status) {
    StringBuilder text = new StringBuilder();
    StatusReport.Trace trace = status.trace();
    line(text, "state", status.state() + ", mode " + status.mode() + ", up " + uptime(status));
    line(text, "root", status.root());
    line(
        text,
        "trace",
        String.format(
            Locale.ROOT,
            "%s, pid %s, %d restarts, canary %s",
            trace.program(),
            trace.pid() == null ? "none" : trace.pid().toString(),
            trace.restarts(),
            trace.canaryMillis() == null ? "not back yet" : millis(trace.canaryMillis())));
    Optional.ofNullable(trace.problem()).ifPresent(problem -> line(text, "", problem));
    Optional.ofNullable(trace.note()).ifPresent(note -> line(text, "", note));
    line(
        text,
        "events",
        String.format(
            Locale.ROOT,
            "%d seen, %d lost, %d to no image",
            status.events().seen(),
            status.events().lost(),
            status.events().unknown()));
    line(
        text,
        "images",
        String.format(
            Locale.ROOT,
            "%d known, %d mounted, %d failed, %d quarantined, %d stuck",
            status.images().known(),
            status.images().mounted(),
            status.images().failed(),
            status.images().quarantined(),
            status.images().stuck()));
    Optional.ofNullable(status.observed()).ifPresent(seen -> observed(text, status, seen));
    Optional.ofNullable(status.catalogProblem()).ifPresent(problem -> line(text, "", problem));
    Optional.ofNullable(status.storageProblem()).ifPresent(problem -> line(text, "", problem));
    status.mounts().forEach(mount -> mount(text, mount));
    return text.toString();
  }

  private static void observed(
      StringBuilder text, StatusReport status, StatusReport.Observed seen) {
    line(
        text,
        "observed",
        String.format(
            Locale.ROOT,
            "%d of %d images would have been mounted, and served %d accesses",
            seen.wouldMount(),
            status.images().known(),
            seen.wouldServe()));
  }

  private static void mount(StringBuilder text, StatusReport.Mount mount) {
    text.append(
        String.format(
            Locale.ROOT,
            "%-12s %-36s %-12s %s%s%n",
            mount.state(),
            mount.name(),
            mount.device() == null ? "" : mount.device(),
            mount.mountMillis() == null ? "" : millis(mount.mountMillis()),
            mount.trigger() == null ? "" : " for " + mount.trigger()));
    if (mount.reason() != null) {
      text.append("             ").append(mount.reason()).append(System.lineSeparator());
    }
  }

  private static String uptime(StatusReport status) {
    long s = status.uptimeSeconds();
    return s < 120 ? s + " s" : s < 7200 ? s / 60 + " min" : s / 3600 + " h";
  }

  private static String millis(double millis) {
    return String.format(Locale.ROOT, "%.1f ms", millis);
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append(String.format(Locale.ROOT, "%-8s %s%n", label, value));
  }
}
