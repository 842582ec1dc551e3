package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Check.NeededBy;
import dev.lazymount.linux.TimedCall;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * The checks of {@link Doctor} that the daemon needs to pass. A check that does not finish is not
 * reported, because root and images may be on a file server that does not respond, which is no
 * reason not to start.
 */
public final class Preflight {
  /** A start is delayed by at most this time while the file server does not respond. */
  private static final Duration START_TIMEOUT = Duration.ofSeconds(2);

  /** Includes {@code bpftrace --version}. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private Preflight() {}

  /**
   * Why the daemon can't start. A missing root or image directory is no reason: the daemon waits
   * for it.
   *
   * @return one sentence for each problem; empty if there are none
   */
  public static List<String> fatal(Settings settings) {
    return failures(Doctor.checks(settings), Set.of(NeededBy.START), START_TIMEOUT);
  }

  /**
   * Why images can't be mounted.
   *
   * @return one sentence for each problem; empty if there are none
   */
  public static List<String> mounting(Settings settings) {
    return failures(Doctor.checks(settings), Set.of(NeededBy.START, NeededBy.MOUNT), START_TIMEOUT);
  }

  /**
   * Why the daemon can't start, can't mount images or can't trace accesses.
   *
   * @return one sentence for each problem; empty if there are none
   */
  public static List<String> all(Settings settings) {
    return failures(
        Doctor.checks(settings), Set.of(NeededBy.START, NeededBy.MOUNT, NeededBy.TRACE), TIMEOUT);
  }

  static List<String> failures(List<Check> checks, Set<NeededBy> needs, Duration timeout) {
    List<String> failures = new CopyOnWriteArrayList<>();
    try {
      TimedCall.run(
          "preflight",
          timeout,
          () -> {
            for (Check check : checks) {
              if (needs.contains(check.neededBy())) {
                Finding finding = check.runHere();
                if (finding.level() == Finding.Level.FAIL) {
                  failures.add(finding.finding() + "; " + finding.fix());
                }
              }
            }
            return null;
          });
    } catch (TimeoutException e) {
      // What has failed by now is reported.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      failures.add("the checks failed: " + e.getCause());
    }
    return List.copyOf(failures);
  }
}
