package dev.lazymount.trace.program;

/** An access made by the daemon itself, to check that the whole pipeline reports it. */
public interface Canary {
  /** How the path in its event begins, below the root; the token follows. */
  String PREFIX = ".lazymount-canary-";

  /** A word that identifies the next access when it returns. */
  String token();

  /**
   * Makes the access. May block for as long as the root's storage does.
   *
   * @param token from {@link #token()}
   */
  void send(String token);
}
