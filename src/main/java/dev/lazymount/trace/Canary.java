package dev.lazymount.trace;

/** An access of our own, sent through the whole pipeline to see whether it comes back. */
public interface Canary {
  /** What the path in its event begins with; the token follows. */
  String prefix();

  /**
   * Makes the access. May block for as long as the root's storage does.
   *
   * @param token a random word that nobody else knows
   */
  void fly(String token);
}
