package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.MountNode;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import java.util.Optional;

/**
 * Where an image belongs: a directory beneath the root, on the way to which no component may be a
 * symlink.
 *
 * @param root the root's path
 * @param name the path from there, which is the image's name
 */
record MountPoint(String root, String name) {
  /** For people, and to compare with the mount table. */
  String path() {
    return root + "/" + name;
  }

  /** A handle on it; if something is mounted there, on the root of that mount. */
  Fd open() throws SyscallException {
    try (Fd place = Fd.openPath(root)) {
      return place.openDirectoryPathBeneath(name);
    }
  }

  /** Whether something is mounted there; not if there is no such directory. */
  boolean isMounted() {
    try (Fd target = open()) {
      return target.cachedStatus().mountRoot();
    } catch (SyscallException notThere) {
      return false;
    }
  }

  /** Whether surely nothing is mounted there; not if it can't be told. */
  boolean isBare() {
    try (Fd target = open()) {
      return !target.cachedStatus().mountRoot();
    } catch (SyscallException e) {
      return e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);
    }
  }

  /** What is there: of the mount's root, if something is mounted. */
  FileStatus status() throws SyscallException {
    try (Fd target = open()) {
      return target.cachedStatus();
    }
  }

  /** The same root, another name. */
  MountPoint of(String other) {
    return new MountPoint(root, other);
  }

  /**
   * The mount that lies beneath the one on top, if two lie on this directory; empty also where the
   * kernel does not tell.
   */
  Optional<MountNode> beneathTop() throws SyscallException {
    try (Fd top = open();
        Fd parent = openParent()) {
      Optional<MountNode> around = MountNode.of(parent);
      return MountNode.of(top)
          .filter(node -> around.isPresent() && node.id() != around.get().id())
          .flatMap(MountNode::attachedTo)
          .filter(node -> node.id() != around.get().id());
    }
  }

  /** {@link Mounts#detach}. */
  void detach() throws SyscallException {
    try (Fd parent = openParent()) {
      Mounts.detach(parent, lastComponent());
    }
  }

  /** {@link Mounts#unmount}. */
  int unmount() throws SyscallException {
    try (Fd parent = openParent()) {
      return Mounts.unmount(parent, lastComponent());
    }
  }

  /** {@link Mounts#expire}. */
  int expire() throws SyscallException {
    try (Fd parent = openParent()) {
      return Mounts.expire(parent, lastComponent());
    }
  }

  /** Unmounting goes by path; this is the part of it that nobody can swap for a symlink. */
  private Fd openParent() throws SyscallException {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? Fd.openPath(root) : of(name.substring(0, slash)).open();
  }

  private String lastComponent() {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
