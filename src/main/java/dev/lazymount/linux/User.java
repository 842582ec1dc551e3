package dev.lazymount.linux;

/** Who this process is. */
public final class User {
  private User() {}

  /** The effective user id. */
  public static int id() {
    return LibC.geteuid();
  }

  /** Whether the effective user is root. */
  public static boolean isRoot() {
    return id() == 0;
  }
}
