package dev.lazymount.daemon;

/** The daemon can't start or go on; the message is the one line that says why. */
public class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** A failure for this reason. */
  public StartFailure(String reason) {
    super(reason);
  }
}
