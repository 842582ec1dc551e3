package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.MountNode;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.text.Printable;
import java.util.Optional;

/**
 * The directory that an image is mounted on. It is beneath the root, and no component of its path
 * below the root may be a symlink.
 *
 * @param root the root's path
 * @param name the path below the root, which is the image's name
 */
record MountPoint(String root, String name) {
  private static final int LONGEST_SHOWN = 300;

  /** The whole path, for messages. */
  String path() {
    return root + "/" + name;
  }

  /** Opens it (O_PATH); if something is mounted there, the root of the top mount. */
  Fd open() throws SyscallException {
    try (Fd place = Fd.openPath(root)) {
      return place.openDirectoryPathBeneath(name);
    }
  }

  /**
   * Opens (O_PATH) the directory below everything that is mounted on it, through a copy of the file
   * system around it without the mounts in it.
   */
  Fd openCovered() throws SyscallException {
    try (Fd parent = openParent();
        Fd around = Mounts.copyWithoutMountsInside("/proc/self/fd/" + parent.raw())) {
      return around.openDirectoryPathBeneath(lastComponent());
    }
  }

  /** Whether something is mounted there; false if there is no such directory. */
  boolean isMounted() {
    try (Fd target = open()) {
      return target.cachedStatus().mountRoot();
    } catch (SyscallException missing) {
      return false;
    }
  }

  /** Whether certainly nothing is mounted there; false if it can't be determined. */
  boolean isBare() {
    try (Fd target = open()) {
      return !target.cachedStatus().mountRoot();
    } catch (SyscallException e) {
      return e.is(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);
    }
  }

  /**
   * The first symlink on the way to it, for messages: {@code gcc is a symlink to /elsewhere/gcc};
   * empty if there is none, or it can't be read.
   */
  Optional<String> symlink() {
    try (Fd place = Fd.openPath(root)) {
      for (int end = name.indexOf('/'); ; end = name.indexOf('/', end + 1)) {
        String way = end < 0 ? name : name.substring(0, end);
        Optional<String> target = linkTarget(place, way);
        if (target.isPresent() || end < 0) {
          return target.map(to -> way + " is a symlink to " + to);
        }
      }
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> linkTarget(Fd place, String way) {
    try {
      String target = Printable.of(place.readLink(way));
      return Optional.of(
          target.length() <= LONGEST_SHOWN ? target : target.substring(0, LONGEST_SHOWN) + "...");
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  /** Its status; that of the root of the top mount, if something is mounted. */
  FileStatus status() throws SyscallException {
    try (Fd target = open()) {
      return target.cachedStatus();
    }
  }

  /** Another mount point below the same root. */
  MountPoint of(String other) {
    return new MountPoint(root, other);
  }

  /**
   * The mount beneath the top one, if two are mounted on this directory; empty also before Linux
   * 6.8, which has no statmount(2).
   */
  Optional<MountNode> beneathTop() throws SyscallException {
    try (Fd top = open();
        Fd parent = openParent()) {
      Optional<MountNode> around = MountNode.of(parent);
      Optional<MountNode> node = MountNode.of(top);
      if (around.isEmpty() || node.isEmpty() || node.get().id() == around.get().id()) {
        return Optional.empty();
      }
      return node.get().attachedTo().filter(beneath -> beneath.id() != around.get().id());
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

  /**
   * Opens (O_PATH) the directory that it is in. umount2(2) takes a path: this descriptor is the
   * part of it that can't become a symlink.
   */
  Fd openParent() throws SyscallException {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? Fd.openPath(root) : of(name.substring(0, slash)).open();
  }

  private String lastComponent() {
    return name.substring(name.lastIndexOf('/') + 1);
  }
}
