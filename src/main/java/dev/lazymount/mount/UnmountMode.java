package dev.lazymount.mount;

/** How an image is to be unmounted; always only if nobody uses it. */
public enum UnmountMode {
  /** Unless it is in use right now. */
  NOW,
  /** Unless it was used since it was marked; if it is not marked, it is marked and stays. */
  IF_IDLE
}
