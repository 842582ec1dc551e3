package dev.lazymount.control;

/** The daemon understood the request and refuses it; the message gives the reason. */
public final class ControlRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal for this reason. */
  public ControlRefusal(String reason) {
    super(reason);
  }
}
