package dev.lazymount.trace.program;

/** The trace can't be started, has ended, or is silent; the message says which and why. */
public class TraceFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure for this reason. */
  public TraceFailure(String reason) {
    super(reason);
  }

  /** The program can't tell the names that there are now; for others it may well work. */
  public static final class NamesUnfit extends TraceFailure {
    private static final long serialVersionUID = 1L;

    /** Unfit for this reason. */
    public NamesUnfit(String reason) {
      super(reason);
    }
  }

  /** The program is not for this root; trying again would not help. */
  public static final class Unsuitable extends TraceFailure {
    private static final long serialVersionUID = 1L;

    /** Unsuitable for this reason. */
    public Unsuitable(String reason) {
      super(reason);
    }
  }
}
