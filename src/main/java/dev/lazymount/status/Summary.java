package dev.lazymount.status;

import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The log line that sums up an interval, instead of a line for each access. */
final class Summary {
  /** The counters at one moment. */
  private record Counts(
      long seen,
      long lost,
      long unknown,
      long bypasses,
      long unparsed,
      long restarts,
      long mounts,
      long warmed,
      long failures,
      long quarantines,
      long wouldMount,
      long wouldServe) {

    static Counts of(Counters now) {
      return new Counts(
          now.seen.sum(),
          now.lost.sum(),
          now.unknown.sum(),
          now.bypasses.sum(),
          now.unparsed.sum(),
          now.restarts.sum(),
          now.mounts.sum(),
          now.warmed.sum(),
          now.failures.sum(),
          now.quarantines.sum(),
          now.wouldMount.sum(),
          now.wouldServe.sum());
    }

    Counts minus(Counts before) {
      return new Counts(
          seen - before.seen,
          lost - before.lost,
          unknown - before.unknown,
          bypasses - before.bypasses,
          unparsed - before.unparsed,
          restarts - before.restarts,
          mounts - before.mounts,
          warmed - before.warmed,
          failures - before.failures,
          quarantines - before.quarantines,
          wouldMount - before.wouldMount,
          wouldServe - before.wouldServe);
    }
  }

  private final DaemonStatus status;
  private final String interval;
  private Counts before;

  /** The first summary covers the time from here on. */
  Summary(DaemonStatus status, Duration interval) {
    this.status = status;
    this.interval = Humanize.span(interval);
    this.before = Counts.of(status.counters());
  }

  /** The line of the interval that ends now; empty if nothing happened in it. */
  Optional<String> next() {
    Counts now = Counts.of(status.counters());
    List<String> events = events(now.minus(before));
    before = now;
    return events.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "in the last " + interval + ": " + String.join(", ", events) + "; now " + state());
  }

  private static List<String> events(Counts news) {
    List<String> parts = new ArrayList<>();
    add(parts, news.seen(), "access", "accesses");
    add(parts, news.lost(), "lost event", "lost events");
    add(parts, news.unknown(), "access matched no image", "accesses matched no image");
    add(
        parts,
        news.bypasses(),
        "access to the original of a mounted image",
        "accesses to the originals of mounted images");
    add(parts, news.unparsed(), "unparsed line of the trace", "unparsed lines of the trace");
    add(parts, news.restarts(), "restart of the trace", "restarts of the trace");
    String warmed = ofThem(news.warmed(), "for the warm list");
    add(parts, news.mounts(), "image mounted" + warmed, "images mounted" + warmed);
    String bad = ofThem(news.quarantines(), "quarantined");
    add(parts, news.failures(), "mount failed" + bad, "mounts failed" + bad);
    add(
        parts,
        news.wouldMount(),
        "image would have been mounted",
        "images would have been mounted");
    add(
        parts,
        news.wouldServe(),
        "access would have been served from an image",
        "accesses would have been served from an image");
    return parts;
  }

  private String state() {
    Map<MountState, Integer> count = status.mounts().count();
    List<String> parts = new ArrayList<>();
    parts.add(count.get(MountState.MOUNTED) + " of " + status.imagesKnown() + " images mounted");
    for (MountState state :
        List.of(MountState.FAILED, MountState.QUARANTINED, MountState.HELD, MountState.STUCK)) {
      add(parts, count.get(state), state.word(), state.word());
    }
    if (status.observes()) {
      parts.add("mode observe");
    }
    return String.join(", ", parts);
  }

  private static void add(List<String> parts, long count, String one, String many) {
    if (count > 0) {
      parts.add(count + " " + (count == 1 ? one : many));
    }
  }

  private static String ofThem(long count, String what) {
    return count == 0 ? "" : " (" + count + " " + what + ")";
  }
}
