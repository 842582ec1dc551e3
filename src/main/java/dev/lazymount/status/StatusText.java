package dev.lazymount.status;

import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A {@link StatusReport} as text for people: figures, then problems, then the images in use, those
 * that need attention first.
 */
public final class StatusText {
  /** How good or bad a piece of text is. */
  public enum Tone {
    /** As it should be. */
    GOOD(32),
    /** Needs attention. */
    WARN(33),
    /** Does not work. */
    BAD(31);

    private final int colour;

    Tone(int colour) {
      this.colour = colour;
    }
  }

  /** Marks a piece of text by its tone. */
  @FunctionalInterface
  public interface Painter {
    /** The text, marked. */
    String paint(Tone tone, String text);
  }

  /** Marks nothing. */
  public static final Painter PLAIN = (tone, text) -> text;

  /** Marks by colour, as an SGR sequence (ECMA-48). */
  public static final Painter COLOURS =
      (tone, text) -> "\u001b[" + tone.colour + "m" + text + "\u001b[0m";

  private static final List<String> ORDER =
      List.of("stuck", "failed", "quarantined", "held", "mounting", "unmounted", "mounted");

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
   * The lines of the text.
   *
   * @param painter marks what is good or bad
   * @param now to show times as ages
   */
  public static List<String> lines(StatusReport status, Painter painter, Instant now) {
    StatusText text = new StatusText(status, painter, now);
    text.figures();
    text.problems();
    text.images();
    text.lingering();
    return text.lines;
  }

  /** The images in use: those that need attention first, then by name. */
  public static List<StatusReport.Mount> ordered(List<StatusReport.Mount> mounts) {
    return mounts.stream()
        .sorted(
            Comparator.comparingInt((StatusReport.Mount mount) -> ORDER.indexOf(mount.state()))
                .thenComparing(StatusReport.Mount::name))
        .toList();
  }

  /** The tone of a state, of the daemon or of an image. */
  public static Tone tone(String state) {
    return switch (state) {
      case "ready", "mounted" -> Tone.GOOD;
      case "degraded", "failed", "stuck" -> Tone.BAD;
      default -> Tone.WARN;
    };
  }

  private void figures() {
    line(
        "state",
        painter.paint(tone(status.state()), status.state())
            + ", mode "
            + status.mode()
            + ", up "
            + Humanize.span(Duration.ofSeconds(status.uptimeSeconds())));
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
            + (images.held() == 0 ? "" : ", " + count(images.held(), "held", Tone.WARN))
            + (images.newerDirectory() == 0
                ? ""
                : ", " + count(images.newerDirectory(), "older than their directory", Tone.WARN))
            + (images.lingering() == 0 ? "" : ", " + images.lingering() + " lingering"));
    StatusReport.Events events = status.events();
    line(
        "events",
        events.seen()
            + " seen, "
            + count(events.lost(), "lost", Tone.WARN)
            + ", "
            + events.unknown()
            + " matched no image");
    StatusReport.Trace trace = status.trace();
    line(
        "trace",
        trace.program()
            + ", pid "
            + (trace.pid() == null ? "none" : trace.pid().toString())
            + ", "
            + count(trace.restarts(), trace.restarts() == 1 ? "restart" : "restarts", Tone.WARN)
            + ", canary "
            + (trace.canaryMillis() == null
                ? "not back yet"
                : Humanize.millis(trace.canaryMillis())));
    line("root", status.root());
    if (status.observed() != null) {
      long served = status.observed().wouldServe();
      line(
          "observed",
          status.observed().wouldMount()
              + " of "
              + images.known()
              + " images would have been mounted, serving "
              + served
              + (served == 1 ? " access" : " accesses"));
    }
  }

  private void problems() {
    // A daemon from before an update does not send the field.
    if (status.waitingFor() != null) {
      status.waitingFor().forEach(what -> line("waiting", painter.paint(Tone.WARN, "for " + what)));
    }
    problem(status.trace().problem(), Tone.BAD);
    problem(status.storageProblem(), Tone.BAD);
    problem(status.catalogProblem(), Tone.WARN);
    // A daemon from before an update does not send the field.
    if (status.scanners() != null) {
      status
          .scanners()
          .forEach(walk -> line("scanner", painter.paint(Tone.WARN, scanner(walk, now))));
    }
    bypasses(status).ifPresent(text -> line("bypassed", painter.paint(Tone.WARN, text)));
    if (status.trace().note() != null) {
      line("note", status.trace().note());
    }
  }

  /** A process that walks the tree, as a sentence without an end. */
  public static String scanner(StatusReport.Walk scanner, Instant now) {
    return scanner.comm()
        + "["
        + scanner.pid()
        + "] walks the tree: "
        + scanner.ignored()
        + (scanner.ignored() == 1 ? " access" : " accesses")
        + " ignored in "
        + Humanize.span(Duration.between(Instant.parse(scanner.since()), now));
  }

  /**
   * The number of mounted images whose original is still read, and the one with the most such
   * accesses, as a sentence without an end; empty if there are none. Explain has each of them.
   */
  public static Optional<String> bypasses(StatusReport status) {
    // A daemon from before an update does not send the field.
    if (status.bypasses() == null || status.bypasses().isEmpty()) {
      return Optional.empty();
    }
    int count = status.images().bypassed();
    StatusReport.Bypassed most = status.bypasses().get(0);
    return Optional.of(
        (count == 1
                ? "1 mounted image is still read from its original directory"
                : count + " mounted images are still read from their original directories")
            + ": "
            + most.name()
            + " by "
            + most.comm()
            + "["
            + most.pid()
            + "]: "
            + most.cause());
  }

  private void problem(String problem, Tone tone) {
    if (problem != null) {
      line("problem", painter.paint(tone, problem));
    }
  }

  private String count(long number, String what, Tone tone) {
    String text = number + " " + what;
    return number == 0 ? text : painter.paint(tone, text);
  }

  private void line(String label, String value) {
    lines.add(String.format(Locale.ROOT, "%-8s %s", label, value));
  }

  private void images() {
    if (status.mounts().isEmpty()) {
      return;
    }
    int longest = status.mounts().stream().mapToInt(mount -> mount.name().length()).max().orElse(0);
    int width = Math.max(NARROWEST_NAME, Math.min(longest, WIDEST_NAME));
    String row = "%s %-" + width + "s %8s %9s %9s  %-11s %s";
    lines.add("");
    add(row, state("STATE"), "NAME", "SINCE", "LAST USED", "MOUNT", "DEVICE", "FOR");
    for (StatusReport.Mount mount : ordered(status.mounts())) {
      add(
          row,
          painter.paint(tone(mount.state()), state(mount.state())),
          mount.name(),
          age(mount.since()),
          age(mount.lastAccess()),
          mount.mountMillis() == null ? "" : Humanize.millis(mount.mountMillis()),
          orEmpty(mount.device()),
          orEmpty(mount.trigger()));
      if (mount.reason() != null) {
        lines.add("  " + mount.reason());
      }
    }
  }

  private void lingering() {
    // A daemon from before an update does not send the field.
    if (status.lingering() == null) {
      return;
    }
    for (StatusReport.Lingering image : status.lingering()) {
      add("%s %s  %s", state("lingering"), image.image(), image.device());
      lines.add(
          image.mountedOn() == null
              ? "  unmounted, but an open file or another mount namespace still uses it"
              : "  mounted on "
                  + image.mountedOn()
                  + " in the former root directory; the daemon leaves it there");
    }
  }

  private void add(String format, Object... columns) {
    lines.add(String.format(Locale.ROOT, format, columns).stripTrailing());
  }

  /** Padded before it is painted: a format would count the colour sequence. */
  private static String state(String state) {
    return String.format(Locale.ROOT, "%-11s", state);
  }

  private String age(String instant) {
    return instant == null ? "" : Humanize.span(Duration.between(Instant.parse(instant), now));
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }
}
