package dev.lazymount.linux;

/** Attaching and detaching mounts. */
public final class Mounts {
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
  private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  private static final int MOVE_MOUNT_BENEATH = 0x200;
  private static final int MNT_DETACH = 2;
  private static final int MNT_EXPIRE = 4;
  private static final int UMOUNT_NOFOLLOW = 8;

  private static final int OPEN_TREE_CLONE = 1;
  private static final int OPEN_TREE_CLOEXEC = 02000000;

  private Mounts() {}

  /**
   * open_tree(2) with OPEN_TREE_CLONE and without AT_RECURSIVE: the file system at a path, with the
   * directories below the mounts on it and without those mounts. It is attached nowhere and goes
   * with the descriptor. Needs CAP_SYS_ADMIN (EPERM).
   *
   * @param path a directory, which need not be the root of a mount
   */
  public static Fd copyWithoutMountsInside(String path) throws SyscallException {
    long fd =
        LibC.syscall(
            LibC.SYS_OPEN_TREE,
            LibC.AT_FDCWD,
            LibC.cString(path),
            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (fd < 0) {
      throw new SyscallException("open_tree " + path, LibC.errno());
    }
    return new Fd((int) fd);
  }

  /**
   * move_mount(2) of a detached mount onto a directory, in one step: every path lookup sees either
   * the directory or the mount.
   *
   * @param mount from {@link FsContext#mount()}
   * @param target a directory; if something came to be mounted on it since it was opened, the
   *     kernel puts this mount on top of that, so ask {@link FileStatus#mountRoot()} just before
   */
  public static void attach(Fd mount, Fd target) throws SyscallException {
    attach(mount, target, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  }

  /**
   * move_mount(2) of a detached mount to a place beneath the mount that lies on a directory: nobody
   * sees it until that one is unmounted. Linux 6.5; EINVAL before.
   *
   * @param mount from {@link FsContext#mount()}
   * @param top the root of the mount that is to stay on top
   */
  public static void attachBeneath(Fd mount, Fd top) throws SyscallException {
    attach(mount, top, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_BENEATH);
  }

  private static void attach(Fd mount, Fd target, int flags) throws SyscallException {
    byte[] empty = LibC.cString("");
    if (LibC.syscall(LibC.SYS_MOVE_MOUNT, mount.raw(), empty, target.raw(), empty, flags) != 0) {
      throw new SyscallException("move_mount", LibC.errno());
    }
  }

  /**
   * umount2(2) with MNT_DETACH and UMOUNT_NOFOLLOW: the mount is gone from the path at once, and
   * from the kernel with its last open file.
   *
   * @param parent the directory that has the mount point
   * @param name its name there
   */
  public static void detach(Fd parent, String name) throws SyscallException {
    detach(in(parent, name));
  }

  /** The same by a path that nobody else can change. */
  public static void detach(String path) throws SyscallException {
    if (LibC.umount2(LibC.cString(path), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
      throw new SyscallException("umount2 " + path, LibC.errno());
    }
  }

  /**
   * umount2(2) with MNT_EXPIRE and UMOUNT_NOFOLLOW: the first call marks the mount, and the next
   * one unmounts it unless somebody has used it in between.
   *
   * @param parent the directory that has the mount point
   * @param name its name there
   * @return 0 if it was unmounted, EAGAIN if it was marked, EBUSY if it is in use, EINVAL if
   *     nothing is mounted there or it must not be unmounted (MNT_LOCKED)
   */
  public static int expire(Fd parent, String name) throws SyscallException {
    String path = in(parent, name);
    if (LibC.umount2(LibC.cString(path), MNT_EXPIRE | UMOUNT_NOFOLLOW) == 0) {
      return 0;
    }
    int errno = LibC.errno();
    if (errno == Errno.EAGAIN || errno == Errno.EBUSY || errno == Errno.EINVAL) {
      return errno;
    }
    throw new SyscallException("umount2 MNT_EXPIRE " + path, errno);
  }

  /**
   * umount2(2) with UMOUNT_NOFOLLOW.
   *
   * @param parent the directory that has the mount point
   * @param name its name there
   * @return 0 if it was unmounted, EBUSY if it is in use, or something is mounted inside it
   */
  public static int unmount(Fd parent, String name) throws SyscallException {
    String path = in(parent, name);
    if (LibC.umount2(LibC.cString(path), UMOUNT_NOFOLLOW) == 0) {
      return 0;
    }
    int errno = LibC.errno();
    if (errno == Errno.EBUSY) {
      return errno;
    }
    throw new SyscallException("umount2 " + path, errno);
  }

  /** umount2(2) has no variant that takes a descriptor; this path leads through one. */
  private static String in(Fd parent, String name) {
    return "/proc/self/fd/" + parent.raw() + "/" + name;
  }
}
