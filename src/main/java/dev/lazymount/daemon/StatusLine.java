package dev.lazymount.daemon;

import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the service manager shows of us, in a line: the state, and everything that is wrong, so that
 * the end of one trouble does not hide another.
 */
final class StatusLine {
  private StatusLine() {}

  /**
   * The line of now.
   *
   * @param root the directory whose accesses are traced
   */
  static String now(DaemonStatus status, String root) {
    String wrong = wrong(status, null);
    return status.state().word() + ": " + (wrong.isEmpty() ? well(status.state(), root) : wrong);
  }

  /** The line of now, with some news in front of what is wrong. */
  static String with(String news, DaemonStatus status) {
    return status.state().word() + ": " + wrong(status, news);
  }

  private static String well(DaemonState state, String root) {
    return state == DaemonState.STARTING
        ? "waiting for the first canary of the trace"
        : "tracing accesses under " + root;
  }

  private static String wrong(DaemonStatus status, String news) {
    return Stream.of(news, status.trace().problem(), status.storageProblem())
        .filter(Objects::nonNull)
        .collect(Collectors.joining("; "));
  }
}
