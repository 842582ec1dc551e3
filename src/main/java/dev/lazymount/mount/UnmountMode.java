package dev.lazymount.mount;

/** When an image is unmounted. In neither mode if it is in use. */
public enum UnmountMode {
  /** Unless it is in use right now. */
  NOW,
  /** Unless it was used since it was marked; a mount without a mark is marked and stays. */
  IF_IDLE
}
