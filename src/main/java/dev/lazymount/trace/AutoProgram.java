package dev.lazymount.trace;

/**
 * Resolved if it works here, else path. Whether it works is not guessed from versions: it is run,
 * and the canary says. Once it has worked, a failure is taken for a crash and it is run again.
 */
public final class AutoProgram implements TraceProgram.Factory {
  /** So many runs of what has worked before, without a canary in any of them. */
  private static final int ENOUGH = 5;

  private final TraceProgram.Factory resolved;
  private final TraceProgram.Factory path;
  private String unusable;
  private boolean everWorked;
  private boolean tryingResolved;
  private boolean workedThisTime;
  private int inVain;

  /** A choice between these two. */
  public AutoProgram(TraceProgram.Factory resolved, TraceProgram.Factory path) {
    this.resolved = resolved;
    this.path = path;
  }

  @Override
  public TraceProgram next() {
    if (unusable == null) {
      try {
        tryingResolved = true;
        workedThisTime = false;
        return resolved.next();
      } catch (TraceFailure e) {
        if (everWorked && !(e instanceof TraceFailure.Unsuitable)) {
          throw e;
        }
        unusable = e.getMessage();
      }
    }
    tryingResolved = false;
    return path.next().withNote("path and not resolved: " + unusable);
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
