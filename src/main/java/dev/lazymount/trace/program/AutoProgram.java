package dev.lazymount.trace.program;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Resolved if it works here, else path. Whether it works is not guessed from versions: it is run,
 * and the canary says. Once it has worked, a failure is taken for a crash and it is run again. One
 * name that resolved can't tell has path run as long as there is that name, and no longer.
 */
public final class AutoProgram implements TraceProgram.Factory {
  /** So many runs of what has worked before, without a canary in any of them. */
  private static final int ENOUGH = 5;

  /**
   * Path runs at least so long when a name was the reason, so that one that comes and goes can't
   * have the trace started anew with each scan.
   */
  static final Duration REST = Duration.ofMinutes(10);

  private final TraceProgram.Factory resolved;
  private final TraceProgram.Factory path;
  private final LongSupplier nanoTime;
  private String unusable;
  private boolean everWorked;
  private boolean tryingResolved;
  private boolean workedThisTime;
  private int inVain;

  /** A choice between these two. */
  public AutoProgram(TraceProgram.Factory resolved, TraceProgram.Factory path) {
    this(resolved, path, System::nanoTime);
  }

  /** The same with a clock, as System.nanoTime() is. */
  AutoProgram(TraceProgram.Factory resolved, TraceProgram.Factory path, LongSupplier nanoTime) {
    this.resolved = resolved;
    this.path = path;
    this.nanoTime = nanoTime;
  }

  @Override
  public TraceProgram next() {
    if (unusable == null) {
      try {
        tryingResolved = true;
        workedThisTime = false;
        return resolved.next();
      } catch (TraceFailure.NamesUnfit e) {
        tryingResolved = false;
        return insteadOfResolved(e.getMessage()).withNames(whileUnfit());
      } catch (TraceFailure e) {
        if (everWorked && !(e instanceof TraceFailure.Unsuitable)) {
          throw e;
        }
        unusable = e.getMessage();
      }
    }
    tryingResolved = false;
    return insteadOfResolved(unusable);
  }

  private TraceProgram insteadOfResolved(String reason) {
    return path.next().withNote("path and not resolved: " + reason);
  }

  private TraceProgram.Names whileUnfit() {
    long rested = nanoTime.getAsLong() + REST.toNanos();
    return (deepest, longest) ->
        !ResolvedProgram.tells(deepest, longest) || nanoTime.getAsLong() - rested < 0;
  }

  @Override
  public void worked() {
    workedThisTime = true;
    everWorked |= tryingResolved;
    inVain = 0;
  }

  @Override
  public void failed(String reason, boolean conclusive) {
    if (tryingResolved && !workedThisTime) {
      inVain++;
      if ((conclusive && !everWorked) || inVain >= ENOUGH) {
        unusable = reason;
      }
    }
  }
}
