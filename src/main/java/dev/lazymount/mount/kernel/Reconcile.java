package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares the status rows with the mount table and the image files. It finds what is mounted at
 * the start, what was mounted, unmounted or mounted over by other processes, which images were
 * replaced, and which are detached but busy.
 *
 * <p>It reads the mount table and does not touch the mounts: a check of a mount is a use of it, and
 * with one at every scan no mount would ever be idle.
 */
public final class Reconcile {
  /** File systems known to be local; images on any other are checked as on NFS. */
  private static final Set<String> LOCAL = Set.of("ext4", "xfs", "tmpfs");

  private final DaemonStatus status;
  private final String root;
  private final ImageDirectory images;
  private final Ownership ownership;
  private final LingeringImages lingering;
  private final FormerMounts former;

  /**
   * Something mounted below the root.
   *
   * @param name the mount point, as a path below the root
   * @param image the path below the image directory of the image of this name that it was mounted
   *     from, which may be gone; empty if it is something else
   */
  public record Found(String name, Optional<String> image) {}

  /** Compares the rows of this status, and publishes there which images are detached but busy. */
  public Reconcile(DaemonStatus status, Settings settings) {
    this.status = status;
    this.lingering = new LingeringImages(status, settings.images().toString());
    this.root = settings.root().toString();
    this.former = new FormerMounts(status.mounts(), root, settings.images().toString());
    this.images =
        new ImageDirectory(settings.images().toString(), settings.mount().symlinkedImages());
    this.ownership = new Ownership(images, settings.imageSuffixes(), new LoopDevices());
  }

  /**
   * What is mounted below the root, by any process. Blocks for as long as the storage does.
   *
   * @throws IOException if the mount table can't be read
   */
  public Collection<Found> mounted() throws IOException {
    List<Found> found = new ArrayList<>();
    for (MountedImages.NamedMount named : MountedImages.mounts(root, MountInfo.read())) {
      found.add(new Found(named.name(), ownership.file(named.name(), named.mount())));
    }
    return found;
  }

  /**
   * The names to recheck: those whose row and mount differ, those that are mounted twice, and those
   * that another process has mounted. Blocks for as long as the image storage does; one thread at a
   * time.
   *
   * @throws IOException if the mount table can't be read, or the image directory is not there
   */
  public Collection<String> suspects() throws IOException {
    List<MountInfo> all = MountInfo.read();
    List<LingeringImage> inUse = new ArrayList<>(lingering.look(all));
    inUse.addAll(former.look(all));
    status.lingering(inUse);
    Map<String, MountInfo> table = new HashMap<>();
    Set<String> suspects = new TreeSet<>();
    for (MountedImages.NamedMount named : mountsOrNone(all)) {
      // The last mount on a mount point is the one on top.
      if (table.put(named.name(), named.mount()) != null) {
        suspects.add(named.name());
      }
    }
    try (Fd directory = Fd.openDirectory(images.path())) {
      long local = local(directory, all);
      for (MountStatus row : status.mounts().all()) {
        MountInfo mount = table.remove(row.name());
        if (row.mounted()
            ? isSuspect(row, mount, directory, local)
            : row.warning().needsRecheck() || (mount != null && mayBeImage(mount))) {
          suspects.add(row.name());
        }
      }
    }
    table.forEach(
        (name, mount) -> {
          if (mayBeImage(mount)) {
            suspects.add(name);
          }
        });
    return suspects;
  }

  /** Nothing is mounted below a root that is missing. */
  private List<MountedImages.NamedMount> mountsOrNone(List<MountInfo> all) throws IOException {
    try {
      return MountedImages.mounts(root, all);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR)) {
        return List.of();
      }
      throw e;
    }
  }

  /** By a loop device, or read by the file system itself. */
  private static boolean mayBeImage(MountInfo mount) {
    return FileStatus.major(mount.device()) == LoopDevice.MAJOR || Ownership.isFileBacked(mount);
  }

  /** The device of the image directory if it is local, which saves an open of each image. */
  private static long local(Fd directory, Collection<MountInfo> table) throws SyscallException {
    long device = directory.status().device();
    boolean local =
        table.stream().anyMatch(m -> m.device() == device && LOCAL.contains(m.fsType()));
    return local ? device : ImageDirectory.NO_DEVICE;
  }

  private boolean isSuspect(MountStatus row, MountInfo mount, Fd directory, long local) {
    if (mount == null
        || row.warning().needsRecheck()
        || !Ownership.deviceName(mount.device()).equals(row.device())) {
      return true;
    }
    String file = row.image().substring(images.path().length() + 1);
    Optional<Mounter.Generation> image = images.generation(directory, file, local);
    try {
      return image.isPresent() && !Ownership.isBackedBy(image, file, mount, local);
    } catch (SyscallException e) {
      return true;
    }
  }
}
