package dev.lazymount.mount.kernel;

import dev.lazymount.linux.DirectoryId;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountBoard;
import dev.lazymount.status.MountStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds images that are mounted in a directory which was the root before: something was mounted on
 * the root (or on a directory above it), or it was unmounted or renamed. They are shown and left
 * alone, because the daemon reaches no mount but those below the present root.
 *
 * <p>The mount table keeps the path that a mount had, also when no path leads to it any more. So a
 * mount is below the root only if it is attached, directly or through others, to the mount that the
 * root is on now.
 *
 * <p>Used by one thread at a time. An erofs image without a loop device is not found.
 */
final class FormerMounts {
  private final MountBoard board;
  private final String root;
  private final String images;
  private Map<LingeringImage, Instant> before = Map.of();

  /** The loop devices that were mounted below the root at an earlier scan. */
  private Set<String> known = Set.of();

  /**
   * For one root and one image directory.
   *
   * @param board shows what was mounted below the root until now
   */
  FormerMounts(MountBoard board, String root, String images) {
    this.board = board;
    this.root = root;
    this.images = images;
  }

  /**
   * Which mounts of a table a path leads to, of those whose path begins with that of a directory.
   *
   * @param directory open with O_PATH
   * @param table the mount table
   */
  static Predicate<MountInfo> reachable(Fd directory, Collection<MountInfo> table)
      throws SyscallException {
    OptionalInt top = DirectoryId.mountOf(directory);
    if (top.isEmpty()) {
      return mount -> true;
    }
    Map<Integer, Integer> parents = new HashMap<>();
    table.forEach(mount -> parents.put(mount.id(), mount.parent()));
    return mount -> isAttachedTo(top.getAsInt(), mount.id(), parents);
  }

  private static boolean isAttachedTo(int top, int mount, Map<Integer, Integer> parents) {
    int at = mount;
    // The limit is for a table that changed while the kernel wrote it.
    for (int steps = 0; at != top && steps <= parents.size(); steps++) {
      Integer parent = parents.get(at);
      if (parent == null) {
        return false;
      }
      at = parent;
    }
    return at == top;
  }

  /**
   * Scans once.
   *
   * @param table the mount table
   * @return sorted by image
   */
  List<LingeringImage> look(Collection<MountInfo> table) throws SyscallException {
    List<MountInfo> loops =
        table.stream()
            .filter(mount -> FileStatus.major(mount.device()) == LoopDevice.MAJOR)
            .toList();
    String belowRoot = root + "/";
    Predicate<MountInfo> reachable = mount -> false;
    try (Fd directory = Fd.openPath(root)) {
      belowRoot = directory.path() + "/";
      reachable = reachable(directory, table);
    } catch (SyscallException e) {
      // Without a root, all of them are former mounts.
      if (!e.is(Errno.ENOENT, Errno.ENOTDIR)) {
        throw e;
      }
    }
    Set<String> mounted = new HashSet<>();
    List<MountInfo> elsewhere = new ArrayList<>();
    for (MountInfo mount : loops) {
      if (mount.target().startsWith(belowRoot) && reachable.test(mount)) {
        mounted.add(Ownership.deviceName(mount.device()));
      } else {
        elsewhere.add(mount);
      }
    }
    Set<String> ours = new HashSet<>(known);
    board.all().stream().filter(MountStatus::mounted).forEach(row -> ours.add(row.device()));
    ours.removeAll(mounted);
    Map<LingeringImage, Instant> now = new HashMap<>();
    Map<String, LingeringImage> found = new HashMap<>();
    for (MountInfo mount : elsewhere) {
      String device = Ownership.deviceName(mount.device());
      // An image in the present root may have the device of the former mount: it is shown all the
      // same, unlike a bind mount of an image in the present root.
      if (ours.contains(device) || mount.target().startsWith(belowRoot)) {
        String file = LoopDevice.BackingPath.of(FileStatus.minor(mount.device())).path();
        if (isImage(file) && !found.containsKey(device)) {
          LingeringImage key = new LingeringImage(file, device, Instant.EPOCH, mount.target());
          Instant since = before.getOrDefault(key, Instant.now());
          now.put(key, since);
          found.put(device, new LingeringImage(file, device, since, mount.target()));
        }
      }
    }
    mounted.addAll(found.keySet());
    known = mounted;
    before = now;
    return found.values().stream().sorted(Comparator.comparing(LingeringImage::image)).toList();
  }

  /** By its configured path and by the path without symlinks, which the kernel reports. */
  private boolean isImage(String file) {
    if (file.startsWith(images + "/")) {
      return true;
    }
    try (Fd directory = Fd.openPath(images)) {
      return file.startsWith(directory.path() + "/");
    } catch (SyscallException e) {
      return false;
    }
  }
}
