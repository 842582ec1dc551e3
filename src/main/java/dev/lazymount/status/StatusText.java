package dev.lazymount.status;

import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A status for people to read at a glance: counts first, then what is wrong, then all the rest. */
public final class StatusText {
  /** How good a piece of it is. */
  public enum Tone {
    /** As it should be. */
    GOOD(32),
    /** To be looked at. */
    WARN(33),
    /** Bad. */
    BAD(31);

    private final int colour;

    Tone(int colour) {
      this.colour = colour;
    }
  }

  /** Marks pieces, by colours say. */
  @FunctionalInterface
  public interface Painter {
    /** The text, marked. */
    String paint(Tone tone, String text);
  }

  /** Leaves them as they are. */
  public static final Painter PLAIN = (tone, text) -> text;

  /** With an SGR sequence (ECMA-48) around each. */
  public static final Painter COLOURS =
      (tone, text) -> "\u001b[" + tone.colour + "m" + text + "\u001b[0m";

  /** What needs a person comes first. */
  private static final List<String> ORDER =
      List.of("stuck", "failed", "quarantined", "mounting", "unmounted", "mounted");

  private static final int LABEL = 8;
  private static final int STATE = 11;
  private static final int WIDEST_NAME = 48;
  private static final int NARROWEST_NAME = 16;

  private final List<String> lines = new ArrayList<>();
  private final StatusReport status;
  private final Painter painter;
  private final Instant now;

  private StatusText(StatusReport status, Painter painter, Instant now) {
    this.status = status;
    this.painter = painter;
    this.now = now;
  }

  /**
   * Its lines.
   *
   * @param painter marks what is good and bad
   * @param now for ages
   */
  public static List<String> lines(StatusReport status, Painter painter, Instant now) {
    StatusText text = new StatusText(status, painter, now);
    text.head();
    text.table();
    text.lingering();
    return text.lines;
  }

  private void head() {
    line("state", state() + ", mode " + status.mode() + ", up " + uptime());
    StatusReport.Images images = status.images();
    line(
        "images",
        images.known()
            + " known, "
            + count(images.mounted(), "mounted", Tone.GOOD)
            + ", "
            + count(images.failed(), "failed", Tone.BAD)
            + ", "
            + count(images.quarantined(), "quarantined", Tone.WARN)
            + ", "
            + count(images.stuck(), "stuck", Tone.BAD)
            + (images.lingering() == 0 ? "" : ", " + images.lingering() + " lingering"));
    StatusReport.Events events = status.events();
    line(
        "events",
        events.seen()
            + " seen, "
            + count(events.lost(), "lost", Tone.WARN)
            + ", "
            + events.unknown()
            + " to no image");
    StatusReport.Trace trace = status.trace();
    line(
        "trace",
        trace.program()
            + ", pid "
            + (trace.pid() == null ? "none" : trace.pid().toString())
            + ", "
            + count(trace.restarts(), "restarts", Tone.WARN)
            + ", canary "
            + (trace.canaryMillis() == null
                ? "not back yet"
                : Humanize.millis(trace.canaryMillis())));
    line("root", status.root());
    if (status.observed() != null) {
      line(
          "observed",
          status.observed().wouldMount()
              + " of "
              + images.known()
              + " images would have been mounted, and served "
              + status.observed().wouldServe()
              + " accesses");
    }
    problem(trace.problem(), Tone.BAD);
    problem(status.storageProblem(), Tone.BAD);
    problem(status.catalogProblem(), Tone.WARN);
    if (trace.note() != null) {
      line("note", trace.note());
    }
  }

  private String state() {
    Tone tone =
        switch (status.state()) {
          case "ready" -> Tone.GOOD;
          case "degraded" -> Tone.BAD;
          default -> Tone.WARN;
        };
    return painter.paint(tone, status.state());
  }

  private String uptime() {
    return Humanize.span(Duration.ofSeconds(status.uptimeSeconds()));
  }

  private String count(long number, String what, Tone tone) {
    String text = number + " " + what;
    return number == 0 ? text : painter.paint(tone, text);
  }

  private void problem(String problem, Tone tone) {
    if (problem != null) {
      line("problem", painter.paint(tone, problem));
    }
  }

  private void line(String label, String value) {
    lines.add(padded(label, LABEL) + " " + value);
  }

  private void table() {
    if (status.mounts().isEmpty()) {
      return;
    }
    int longest = status.mounts().stream().mapToInt(mount -> mount.name().length()).max().orElse(0);
    int name = Math.max(NARROWEST_NAME, Math.min(longest, WIDEST_NAME));
    lines.add("");
    row("STATE", name, "NAME", "SINCE", "LAST USED", "MOUNT", "DEVICE", "FOR");
    status.mounts().stream()
        .sorted(
            Comparator.comparingInt((StatusReport.Mount mount) -> ORDER.indexOf(mount.state()))
                .thenComparing(StatusReport.Mount::name))
        .forEach(mount -> row(mount, name));
  }

  private void row(StatusReport.Mount mount, int name) {
    Tone tone =
        switch (mount.state()) {
          case "mounted" -> Tone.GOOD;
          case "failed", "stuck" -> Tone.BAD;
          default -> Tone.WARN;
        };
    row(
        painter.paint(tone, padded(mount.state(), STATE)),
        name,
        mount.name(),
        age(mount.since()),
        age(mount.lastAccess()),
        mount.mountMillis() == null ? "" : Humanize.millis(mount.mountMillis()),
        mount.device() == null ? "" : mount.device(),
        mount.trigger() == null ? "" : mount.trigger());
    if (mount.reason() != null) {
      lines.add("  " + mount.reason());
    }
  }

  /** By hand: a format is understood anew for each row, which took longer than all else here. */
  private void row(
      String state,
      int width,
      String name,
      String since,
      String used,
      String mount,
      String device,
      String trigger) {
    String row =
        padded(state, STATE)
            + " "
            + padded(name, width)
            + " ".repeat(Math.max(1, 9 - since.length()))
            + since
            + " ".repeat(Math.max(1, 10 - used.length()))
            + used
            + " ".repeat(Math.max(1, 10 - mount.length()))
            + mount
            + "  "
            + padded(device, 11)
            + " "
            + trigger;
    lines.add(row.stripTrailing());
  }

  private static String padded(String text, int width) {
    return text.length() >= width ? text : text + " ".repeat(width - text.length());
  }

  private void lingering() {
    // A daemon of before an update has none.
    if (status.lingering() == null) {
      return;
    }
    for (StatusReport.Lingering image : status.lingering()) {
      lines.add(padded("lingering", STATE) + " " + image.image() + "  " + image.device());
      lines.add("  it is unmounted, and an open file or another mount namespace still holds it");
    }
  }

  private String age(String instant) {
    return instant == null ? "" : Humanize.span(Duration.between(Instant.parse(instant), now));
  }
}
