package dev.lazymount.route;

import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.Scanner;
import dev.lazymount.text.Humanize;
import dev.lazymount.text.Printable;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.function.IntSupplier;
import org.slf4j.Logger;

/**
 * Recognises processes that walk the tree ({@code grep -r}, virus scanners, indexers): one process
 * that uses many different images within {@link #WINDOW}. Its accesses mount nothing until it has
 * been quiet for {@link #QUIET}. A build that uses many compilers does so in many processes, which
 * are not scanners.
 *
 * <p>A process is identified by its pid. The kernel may give the pid of a process that has ended to
 * another one, so an entry that has been quiet for {@link #QUIET}, or for {@link #WINDOW} and then
 * has another name, is that of a new process.
 *
 * <p>Bounded, because any local user can start processes: {@link #MOST_PROCESSES}, of which the
 * ones quiet for longest are forgotten, {@link #MOST_NAMES} in all, and one log line in {@link
 * #LOG_PAUSE}. Used by the Router alone.
 */
final class Scanners {
  /** The time in which a scanner uses more images than the limit. */
  static final Duration WINDOW = Duration.ofSeconds(10);

  /** After this time without an access, the process counts as a new one. */
  static final Duration QUIET = Duration.ofSeconds(60);

  /** The most processes known. */
  static final int MOST_PROCESSES = 1024;

  /** The most image names kept for all processes together. */
  static final int MOST_NAMES = 65_536;

  private static final Duration LOG_PAUSE = Duration.ofSeconds(10);

  private final DaemonStatus status;
  private final Logger log;
  private final IntSupplier limit;

  /** The process quiet for longest is the first. */
  private final LinkedHashMap<Integer, Walker> processes = new LinkedHashMap<>(64, 0.75f, true);

  private int names;
  private long loggedAt;
  private boolean logged;
  private long unlogged;

  /** What is known of one process. */
  private static final class Walker {
    private String comm;
    private long lastSeen;

    /** When each image was used last; the one used least recently is the first. */
    private LinkedHashMap<String, Long> used = new LinkedHashMap<>(8, 0.75f, true);

    private boolean walks;
    private Instant since;
    private long ignored;

    private Walker(String comm, long now) {
      this.comm = comm;
      this.lastSeen = now;
    }
  }

  /**
   * Knows no scanner yet.
   *
   * @param status shows the scanners and counts them
   * @param log receives a line for each
   * @param limit how many different images a process may use in a window; 0 for any number
   */
  Scanners(DaemonStatus status, Logger log, IntSupplier limit) {
    this.status = status;
    this.log = log;
    this.limit = limit;
  }

  /**
   * Notes that a process uses an image.
   *
   * @param when the time of the access, System.nanoTime()
   * @return whether the process is a scanner, so that the access is to be ignored
   */
  boolean isScan(Access access, String image, long when) {
    int most = limit.getAsInt();
    if (most == 0) {
      forgetAll();
      return false;
    }
    Walker process = process(access, when);
    if (!process.walks) {
      note(process, image, when);
      process.walks = process.used.size() > most;
      if (process.walks) {
        found(access, process, most, when);
      }
    }
    if (process.walks) {
      process.ignored++;
      status.counters().scannerAccesses.increment();
      status.scanner(scanner(access.pid(), process));
    }
    bound();
    return process.walks;
  }

  private Walker process(Access access, long when) {
    Walker known = processes.get(access.pid());
    if (known != null) {
      long quiet = when - known.lastSeen;
      boolean other =
          quiet >= QUIET.toNanos()
              || (quiet >= WINDOW.toNanos() && !known.comm.equals(access.comm()));
      if (!other) {
        known.lastSeen = when;
        known.comm = access.comm();
        return known;
      }
      names -= known.used.size();
    }
    Walker process = new Walker(access.comm(), when);
    processes.put(access.pid(), process);
    return process;
  }

  private void note(Walker process, String image, long when) {
    names -= process.used.size();
    process.used.put(image, when);
    Iterator<Long> oldest = process.used.values().iterator();
    while (when - oldest.next() >= WINDOW.toNanos()) {
      oldest.remove();
    }
    names += process.used.size();
  }

  private void found(Access access, Walker process, int most, long when) {
    process.since = Instant.now();
    names -= process.used.size();
    process.used = new LinkedHashMap<>(0);
    status.counters().scanners.increment();
    if (logged && when - loggedAt < LOG_PAUSE.toNanos()) {
      unlogged++;
      return;
    }
    log.warn(
        "{} walks the tree: it used more than {} images within {}. Its accesses mount nothing until"
            + " it has been quiet for {}{}",
        access.process(),
        most,
        Humanize.exact(WINDOW),
        Humanize.exact(QUIET),
        unlogged == 0 ? "" : " (" + unlogged + " more scanners since the last such line)");
    logged = true;
    loggedAt = when;
    unlogged = 0;
  }

  private static Scanner scanner(int pid, Walker process) {
    return new Scanner(
        pid, Printable.of(process.comm), process.since, Instant.now(), process.ignored);
  }

  private void bound() {
    Iterator<Walker> eldest = processes.values().iterator();
    while (processes.size() > MOST_PROCESSES || names > MOST_NAMES) {
      names -= eldest.next().used.size();
      eldest.remove();
    }
  }

  private void forgetAll() {
    processes.clear();
    names = 0;
  }
}
