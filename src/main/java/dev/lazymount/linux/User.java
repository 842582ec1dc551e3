package dev.lazymount.linux;

/** Who this process is. */
public final class User {
  private User() {}

  /** Whether the effective user is root. */
  public static boolean isRoot() {
    return LibC.geteuid() == 0;
  }
}
