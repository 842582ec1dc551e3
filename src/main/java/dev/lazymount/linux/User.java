package dev.lazymount.linux;

/** The user of this process. */
public final class User {
  private User() {}

  /** The effective user id, by geteuid(2). */
  public static int id() {
    return LibC.geteuid();
  }

  /** Whether the effective user is root. */
  public static boolean isRoot() {
    return id() == 0;
  }
}
