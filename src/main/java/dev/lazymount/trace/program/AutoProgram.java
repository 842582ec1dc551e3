package dev.lazymount.trace.program;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The resolved program where it works, else the path program. Nothing is inferred from the kernel's
 * version: the program is run, and its canary decides. Once it has worked, a failure counts as a
 * crash and it is run again. A name that the resolved program can't report selects the path program
 * for as long as that name exists.
 */
public final class AutoProgram implements TraceProgram.Factory {
  /** Runs in a row without a canary, of a program that worked before, until it is given up. */
  private static final int MAX_FAILED_RUNS = 5;

  /**
   * Shortest run of the path program if a name was the reason, so that a name that comes and goes
   * does not restart the trace with each scan.
   */
  static final Duration SHORTEST_FALLBACK = Duration.ofMinutes(10);

  private final TraceProgram.Factory resolved;
  private final TraceProgram.Factory path;
  private final LongSupplier nanoTime;
  private String unusable;
  private boolean everWorked;
  private boolean tryingResolved;
  private boolean workedThisTime;
  private int failedRuns;

  /** Chooses between these two. */
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
      } catch (TraceFailure.NoBpftrace e) {
        throw e;
      } catch (TraceFailure.NamesUnfit e) {
        tryingResolved = false;
        return fallback(e.getMessage()).withNames(whileUnfit(e.reportable()));
      } catch (TraceFailure e) {
        if (everWorked && !(e instanceof TraceFailure.Unsuitable)) {
          throw e;
        }
        unusable = e.getMessage();
      }
    }
    tryingResolved = false;
    return fallback(unusable);
  }

  private TraceProgram fallback(String reason) {
    return path.next().withNote("path and not resolved: " + reason);
  }

  private TraceProgram.Names whileUnfit(TraceProgram.Names reportable) {
    long earliest = nanoTime.getAsLong() + SHORTEST_FALLBACK.toNanos();
    return (deepest, longest) ->
        !reportable.fit(deepest, longest) || nanoTime.getAsLong() - earliest < 0;
  }

  @Override
  public void worked() {
    workedThisTime = true;
    everWorked |= tryingResolved;
    failedRuns = 0;
  }

  @Override
  public void failed(String reason, boolean conclusive) {
    if (tryingResolved && !workedThisTime) {
      failedRuns++;
      if ((conclusive && !everWorked) || failedRuns >= MAX_FAILED_RUNS) {
        unusable = reason;
      }
    }
  }
}
