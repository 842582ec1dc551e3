package dev.lazymount.bench;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A daemon that has nothing to do: its resident memory and its CPU time, the JVM's and bpftrace's
 * each for itself, with all images known and a tenth of them mounted; then its memory after a storm
 * over all that are left (src/bench/c/storm.c, four processes).
 *
 * <p>Memory is VmRSS, all of it, with what the JVM shares with others. CPU time is user and system
 * time of /proc/PID/stat, in hundredths of a second; it is looked at two rests after the last
 * mount, when what was needed for it was given back, and five minutes later. Beside it runs a
 * bpftrace that traces nothing: it wakes ten times a second whatever its program, and ours can't
 * cost less.
 */
final class Rest {
  private static final int FULL = 2000;

  private static final List<String> IDLE_BPFTRACE =
      List.of("bpftrace", "-e", "interval:s:3600 { @ = 1; }");

  private static final int EACH_FIVE_MINUTES = 300;

  /** It has started by then. */
  private static final long SETTLE_MILLIS = 3000;

  private Rest() {}

  static void measure(Workspace workspace, Report report, int images, int seconds)
      throws IOException, InterruptedException {
    Progress.show("start: making images");
    Site site = new Site(workspace, "rest", images);
    Lazymount daemon = new Lazymount(workspace, site);
    daemon.awaitKnown(images);
    final double ready = megabytes(daemon);

    int used = images / 10;
    touch(workspace, site, used);
    final double mounted = megabytes(daemon);
    // What it does at rest it does each ten seconds, each minute, or each five.
    final int counted = images == FULL ? EACH_FIVE_MINUTES : seconds;
    Progress.show("start: a daemon at rest, twice ", seconds, " s and ", counted, " s");
    Thread.sleep(2000L * seconds);
    // Asked before it is counted: to answer is no rest.
    final long trace = daemon.status().trace().pid();
    Process idle = workspace.start(IDLE_BPFTRACE, workspace.folder().resolve("idle-bpftrace.log"));
    Thread.sleep(SETTLE_MILLIS);
    final double jvm = daemon.cpuSeconds();
    final double bpftrace = Lazymount.cpuSeconds(trace);
    final double nothing = Lazymount.cpuSeconds(idle.pid());
    Thread.sleep(counted * 1000L);
    final double jvmShare = (daemon.cpuSeconds() - jvm) / counted * 100;
    final double traceShare = (Lazymount.cpuSeconds(trace) - bpftrace) / counted * 100;
    final double nothingShare = (Lazymount.cpuSeconds(idle.pid()) - nothing) / counted * 100;
    workspace.end(idle);
    final double rested = megabytes(daemon);

    touch(workspace, site, images - used);
    final double stormed = megabytes(daemon);
    Progress.show("start: at rest after a storm, twice ", seconds, " s");
    Thread.sleep(2000L * seconds);
    final double after = megabytes(daemon);
    daemon.stop();

    report
        .section(String.format("Resident memory of the JVM, %,d images", images), "MiB")
        .add("all known, none mounted", new Sample(ready))
        .add(String.format("%,d mounted just now", used), new Sample(mounted))
        .add("after " + (2 * seconds + counted) + " s of rest", new Sample(rested))
        .add("just after a storm over the others", new Sample(stormed))
        .add("after " + 2 * seconds + " s of rest", new Sample(after));
    report
        .section("CPU time at rest, over " + counted + " s", "% of a core")
        .add("the daemon's JVM", new Sample(jvmShare))
        .add("its bpftrace", new Sample(traceShare))
        .add("a bpftrace that traces nothing", new Sample(nothingShare));
    bar(report, images, "resident at rest, 200 of 2,000 mounted, MiB", 80, rested);
    bar(report, images, "resident just after the storm, MiB", 96, stormed);
    bar(report, images, "CPU time of the JVM at rest, % of a core", 0.1, jvmShare);
  }

  private static void bar(Report report, int images, String what, double limit, double measured) {
    report.atMost(what, limit, images == FULL ? Optional.of(measured) : Optional.empty());
  }

  private static void touch(Workspace workspace, Site site, int count)
      throws IOException, InterruptedException {
    List<String> names = site.take(count);
    workspace.c("storm", names.stream().map(site::access).toList(), "4");
  }

  private static double megabytes(Lazymount daemon) throws IOException {
    return daemon.residentKilobytes() / 1024.0;
  }
}
