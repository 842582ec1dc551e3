package dev.lazymount.doctor;

import dev.lazymount.linux.TimedCall;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * One check of one prerequisite.
 *
 * @param subject what is checked, a word or two
 * @param neededBy what does not work if the check fails
 * @param timeout how long the check may take
 * @param lateFix what to do if it takes longer
 * @param probe makes the check; may hang
 */
record Check(String subject, NeededBy neededBy, Duration timeout, String lateFix, Probe probe) {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Makes a check. */
  interface Probe {
    Finding run() throws Exception;
  }

  /** What does not work if a check fails. */
  enum NeededBy {
    /** The start: the daemon exits. */
    START,
    /** Mounts: the daemon starts, and waits for the directory. */
    MOUNT,
    /** The trace: the daemon starts, and retries the trace. */
    TRACE,
    /** Neither: {@code lazymount doctor} reports it. */
    NEITHER
  }

  /** A check that only {@code lazymount doctor} makes, of at most five seconds. */
  static Check of(String subject, Probe probe) {
    return of(subject, NeededBy.NEITHER, probe);
  }

  /** A check of at most five seconds. */
  static Check of(String subject, NeededBy neededBy, Probe probe) {
    return new Check(subject, neededBy, TIMEOUT, "find out what it hangs on", probe);
  }

  /** Makes the check; waits for at most its time-out. */
  Finding run() throws InterruptedException {
    try {
      return TimedCall.run("doctor", timeout, this::runHere);
    } catch (TimeoutException e) {
      return Finding.fail(subject, "no result within " + timeout.toSeconds() + " s", lateFix);
    } catch (ExecutionException e) {
      return broken(e.getCause());
    }
  }

  /** Makes the check on this thread, without a time-out. */
  Finding runHere() {
    try {
      return probe.run();
    } catch (Exception e) {
      return broken(e);
    }
  }

  private Finding broken(Throwable why) {
    return Finding.fail(subject, subject + " can't be checked: " + why, "fix that first");
  }
}
