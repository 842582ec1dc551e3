package dev.lazymount.mount;

import dev.lazymount.linux.SyscallException;

/** The ways a mount fails, as {@link KernelMounter} tells them. */
public final class Failures {
  private Failures() {}

  /** A system call failed with this errno. */
  public static MountFailure errno(String operation, int errno) {
    return MountFailure.of(new SyscallException(operation, errno), "/images/gcc.img", "/root/gcc");
  }

  /** The image is bad, in this generation. */
  public static MountFailure badImage(Mounter.Generation generation) {
    return MountFailure.badImage(
        "the image is no squashfs", "/images/gcc.img", "/root/gcc", generation);
  }

  /** Another process holds the lock. */
  public static MountFailure locked() {
    return new MountFailure(MountFailure.Kind.LOCKED, "another process is mounting it");
  }
}
