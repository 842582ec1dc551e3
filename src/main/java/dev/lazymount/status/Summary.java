package dev.lazymount.status;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What happened since the last summary, in one line: instead of a line for each access. */
final class Summary {
  /** The counters at one time. */
  private record Counts(
      long seen,
      long lost,
      long unknown,
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

  /** The first one is of what comes after this. */
  Summary(DaemonStatus status, Duration interval) {
    this.status = status;
    this.interval = spell(interval);
    this.before = Counts.of(status.counters());
  }

  /** The line; empty if nothing happened. Counts anew from here. */
  Optional<String> next() {
    Counts now = Counts.of(status.counters());
    Counts news = now.minus(before);
    before = now;
    List<String> parts = parts(news);
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "in the last " + interval + ": " + String.join(", ", parts) + "; " + state());
  }

  private static List<String> parts(Counts news) {
    List<String> parts = new ArrayList<>();
    add(parts, news.seen(), "accesses seen");
    add(parts, news.lost(), "lost");
    add(parts, news.unknown(), "to no image");
    add(parts, news.unparsed(), "lines of the trace not understood");
    add(parts, news.restarts(), "restarts of the trace");
    add(parts, news.mounts(), "mounted" + ofThem(news.warmed(), "for the warm list"));
    add(parts, news.failures(), "failed to mount" + ofThem(news.quarantines(), "quarantined"));
    add(parts, news.wouldMount(), "would have been mounted");
    add(parts, news.wouldServe(), "would have come from an image");
    return parts;
  }

  private String state() {
    Map<MountState, Integer> count = status.mounts().count();
    List<String> parts = new ArrayList<>();
    parts.add(count.get(MountState.MOUNTED) + " of " + status.imagesKnown() + " images mounted");
    for (MountState state : List.of(MountState.FAILED, MountState.QUARANTINED, MountState.STUCK)) {
      add(parts, count.get(state), state.word());
    }
    if (status.observes()) {
      parts.add("mode is observe");
    }
    return String.join(", ", parts);
  }

  private static void add(List<String> parts, long count, String what) {
    if (count > 0) {
      parts.add(count + " " + what);
    }
  }

  private static String ofThem(long count, String what) {
    return count == 0 ? "" : " (" + count + " " + what + ")";
  }

  private static String spell(Duration time) {
    long s = time.toSeconds();
    return s % 3600 == 0
        ? s / 3600 + " h"
        : s % 60 == 0 ? s / 60 + " min" : String.format(Locale.ROOT, "%d s", s);
  }
}
