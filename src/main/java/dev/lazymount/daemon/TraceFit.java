package dev.lazymount.daemon;

import dev.lazymount.status.DaemonStatus;
import dev.lazymount.trace.TraceReport;
import dev.lazymount.trace.TraceSource;
import dev.lazymount.trace.program.TraceProgram;
import java.util.Optional;

/**
 * Whether the running trace was made for the names that the images have now. Each answer is what to
 * tell the trace; empty if there is nothing to tell. While none runs there is nothing to do: the
 * next is made for the names of then. Used by one actor.
 */
public final class TraceFit {
  private final DaemonStatus status;

  /** What the running program was made for; empty while none runs that is to stay. */
  private Optional<TraceProgram.Names> names = Optional.empty();

  /** For the names that are shown in this status. */
  TraceFit(DaemonStatus status) {
    this.status = status;
  }

  /** The trace told this of itself. */
  Optional<TraceSource.Renew> reported(TraceReport report) {
    if (report instanceof TraceReport.Started started) {
      names = Optional.of(started.names());
      // A scan may have ended since the program was made.
      return scanned();
    }
    if (report instanceof TraceReport.Failed) {
      ended();
    }
    return Optional.empty();
  }

  /** It is to end, or has ended. */
  void ended() {
    names = Optional.empty();
  }

  /** A scan has ended. */
  Optional<TraceSource.Renew> scanned() {
    int deepest = status.deepestName();
    int longest = status.longestComponent();
    if (names.isEmpty() || names.get().fit(deepest, longest)) {
      return Optional.empty();
    }
    ended();
    return Optional.of(
        new TraceSource.Renew(
            "names have up to " + deepest + " components of up to " + longest + " bytes now"));
  }
}
