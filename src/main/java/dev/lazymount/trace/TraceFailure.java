package dev.lazymount.trace;

/** The trace can't be started, has ended, or is silent; the message says which and why. */
public class TraceFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure for this reason. */
  public TraceFailure(String reason) {
    super(reason);
  }
}
