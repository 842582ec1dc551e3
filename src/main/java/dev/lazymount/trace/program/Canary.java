package dev.lazymount.trace.program;

/** An access of our own, sent through the whole pipeline to see whether it comes back. */
public interface Canary {
  /** What the path in its event begins with, below the root; the token follows. */
  String PREFIX = ".lazymount-canary-";

  /** A word for the next access, by which it is known when it comes back. */
  String token();

  /**
   * Makes the access. May block for as long as the root's storage does.
   *
   * @param token from {@link #token()}
   */
  void fly(String token);
}
