package dev.lazymount.daemon;

import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The line that the service manager shows: the state, and every current problem, so that the end of
 * one problem does not hide another.
 */
final class StatusLine {
  private StatusLine() {}

  /**
   * The line of now.
   *
   * @param root the directory whose accesses are traced
   */
  static String now(DaemonStatus status, String root) {
    String problems = join(null, status);
    return status.state().word()
        + ": "
        + (problems.isEmpty() ? normal(status.state(), root) : problems);
  }

  /** The line of now, with this news before the problems. */
  static String with(String news, DaemonStatus status) {
    return status.state().word() + ": " + join(news, status);
  }

  private static String normal(DaemonState state, String root) {
    return state == DaemonState.STARTING
        ? "waiting for the first canary"
        : "tracing accesses under " + root;
  }

  private static String join(String news, DaemonStatus status) {
    return Stream.concat(
            Stream.of(news, status.trace().problem(), status.storageProblem())
                .filter(Objects::nonNull),
            status.waitingFor().stream().map(what -> "waiting for " + what))
        .collect(Collectors.joining("; "));
  }
}
