package dev.lazymount.daemon;

/** The daemon can't start or continue; the message is one line with the reason. */
public class StartFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public StartFailure(String reason) {
    super(reason);
  }
}
