package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Mounts of ours whose directory was renamed. A directory that something is mounted on can be
 * renamed by a process that does not see the mount, and its parents by any process; the mount goes
 * with it.
 *
 * <p>A mount is recognised by its id together with its device and the path of the image file,
 * because the kernel gives the lowest free id and loop device to the next mount: after some images
 * were unmounted by hand, other mounts have both. What this process has not seen in its place is
 * not recognised, nor a mount whose image file was renamed, and is left alone.
 *
 * <p>Thread-safe. Has one entry for each mounted name, one for each mount that is displaced, and
 * the last mount table that it read.
 */
final class DisplacedMounts {
  /**
   * So old may a mount table be that tells of mounts made before it. When many images were
   * unmounted at once, one reading serves them all: a long table takes milliseconds.
   */
  private static final long TABLE_NANOS = Duration.ofMillis(200).toNanos();

  private record Mount(int id, long device, String image) {
    static Optional<Mount> of(Fd top) throws SyscallException {
      OptionalInt id = MountInfo.idOf(top);
      long device = top.cachedStatus().device();
      return id.isPresent()
          ? Optional.of(new Mount(id.getAsInt(), device, image(device)))
          : Optional.empty();
    }

    /** The path of a loop device's image file; empty for any other device, and if it is unknown. */
    private static String image(long device) {
      return FileStatus.major(device) == LoopDevice.MAJOR
          ? LoopDevice.BackingPath.of(FileStatus.minor(device)).path()
          : "";
    }

    boolean is(MountInfo line) {
      return is(line.id(), line.device());
    }

    boolean is(int itsId, long itsDevice) {
      if (itsId != id || itsDevice != device) {
        return false;
      }
      String now = image(device);
      return now.isEmpty() || image.isEmpty() || now.equals(image);
    }
  }

  /** A mount in its place, and when it was seen there, by {@link System#nanoTime}. */
  private record Seen(Mount mount, long nanos) {}

  /** A mount table, and when its reading began. */
  private record Table(List<MountInfo> mounts, long nanos) {}

  private final String root;
  private final Map<String, Seen> inPlace = new ConcurrentHashMap<>();
  private Table last = new Table(List.of(), System.nanoTime() - TABLE_NANOS);
  private final Map<Mount, String> displaced = new ConcurrentHashMap<>();

  /** For the mounts below one root. */
  DisplacedMounts(String root) {
    this.root = root;
  }

  /** The image of this name is mounted, or about to be; {@code top} is the root of its mount. */
  void inPlace(String name, Fd top) throws SyscallException {
    Mount.of(top).ifPresent(mount -> inPlace.put(name, new Seen(mount, System.nanoTime())));
  }

  /** It was unmounted. */
  void unmounted(String name) {
    inPlace.remove(name);
  }

  /**
   * Where mounts of this name were moved. Those that are unused are unmounted, if they are still
   * below the root.
   *
   * @param isMounted whether an image is mounted in the right place
   * @return empty if there are none
   */
  Optional<Mounter.Displaced> tidy(String name, boolean isMounted)
      throws MountFailure, SyscallException {
    Seen seen = isMounted ? null : inPlace.get(name);
    if (seen == null && !displaced.containsValue(name)) {
      return Optional.empty();
    }
    List<MountInfo> table = table(seen == null ? System.nanoTime() : seen.nanos());
    String below = rootPath() + "/";
    if (seen != null) {
      Mount missing = seen.mount();
      // If it has its path still it is hidden: something may be mounted over the root.
      List<String> paths = table.stream().filter(missing::is).map(MountInfo::target).toList();
      if (!paths.contains(below + name)) {
        inPlace.remove(name, seen);
        if (!paths.isEmpty()) {
          displaced.put(missing, name);
        }
      }
    }
    Optional<Mounter.Displaced> found = Optional.empty();
    for (Mount mount : displacedOf(name)) {
      Optional<MountInfo> line = table.stream().filter(mount::is).findFirst();
      Optional<Mounter.Displaced> now =
          line.filter(at -> !at.target().equals(below + name)).map(at -> tidy(mount, below, at));
      if (now.filter(Mounter.Displaced::isMounted).isEmpty()) {
        displaced.remove(mount);
      }
      found = now.isPresent() ? now : found;
    }
    return found;
  }

  /** One that is newer than a moment, and not too old. A thread waits for another that reads it. */
  private synchronized List<MountInfo> table(long newerThan) throws MountFailure, SyscallException {
    long now = System.nanoTime();
    if (last.nanos() - newerThan <= 0 || now - last.nanos() > TABLE_NANOS) {
      last = new Table(Ownership.table(), now);
    }
    return last.mounts();
  }

  private List<Mount> displacedOf(String name) {
    return displaced.entrySet().stream()
        .filter(entry -> entry.getValue().equals(name))
        .map(Map.Entry::getKey)
        .toList();
  }

  private Mounter.Displaced tidy(Mount mount, String below, MountInfo line) {
    String renamed = "the directory was renamed to " + line.target() + " with its mount";
    if (!line.target().startsWith(below)) {
      return new Mounter.Displaced(
          true, renamed + ", out of the root; the image stays mounted there");
    }
    MountPoint there = new MountPoint(root, line.target().substring(below.length()));
    return isUnmounted(mount, there)
        ? new Mounter.Displaced(false, renamed + "; the image was unused there and is unmounted")
        : new Mounter.Displaced(
            true, renamed + "; the image is in use there, and is unmounted when it is unused");
  }

  private static boolean isUnmounted(Mount mount, MountPoint there) {
    try {
      try (Fd top = there.open()) {
        OptionalInt id = MountInfo.idOf(top);
        if (id.isEmpty() || !mount.is(id.getAsInt(), top.cachedStatus().device())) {
          return false;
        }
      }
      return there.unmount() == 0;
    } catch (SyscallException e) {
      return false;
    }
  }

  private String rootPath() throws SyscallException {
    try (Fd directory = Fd.openPath(root)) {
      return directory.path();
    }
  }
}
