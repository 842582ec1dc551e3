package dev.lazymount.control;

/** The daemon understood and does not do it; the message says why, to a person. */
public final class ControlRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public ControlRefusal(String reason) {
    super(reason);
  }
}
