package dev.lazymount.mount;

import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.kernel.KernelMounter;

/** The ways a mount fails, as {@link KernelMounter} reports them. */
public final class Failures {
  private Failures() {}

  /** A system call failed with this errno. */
  public static MountFailure errno(String operation, int errno) {
    return errno(MountFailure.Kind.OTHER, operation, errno);
  }

  /** The same of this kind. */
  static MountFailure errno(MountFailure.Kind kind, String operation, int errno) {
    return MountFailure.of(
        kind, new SyscallException(operation, errno), "/images/gcc.img", "/root/gcc");
  }

  /** The image is bad, in this generation. */
  public static MountFailure badImage(Mounter.Generation generation) {
    return MountFailure.badImage(
        "the image is neither squashfs nor erofs", "/images/gcc.img", "/root/gcc", generation);
  }

  /** The image, in this generation, does not fit this directory. */
  static MountFailure misfit(Mounter.Generation generation, Mounter.Covered covered) {
    return MountFailure.badImage(
        "the top directory of the image grants less",
        "/images/gcc.img",
        "/root/gcc",
        generation,
        covered);
  }

  /** Another process holds the lock. */
  public static MountFailure locked() {
    return new MountFailure(MountFailure.Kind.LOCKED, "another process holds the lock");
  }
}
