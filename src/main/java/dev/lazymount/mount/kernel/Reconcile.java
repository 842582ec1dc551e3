package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
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
 * Compares what is said to be mounted with the mount table and the image files: what is mounted at
 * the start, what was mounted, unmounted or mounted over behind our back, whose image was replaced,
 * and what lingers without a mount.
 *
 * <p>It asks the mount table and not the mounts: a look at a mount is a use of it, and with one at
 * every scan nothing would ever be idle.
 */
public final class Reconcile {
  /** Those of which it is known; on any other, images are looked at as on NFS. */
  private static final Set<String> LOCAL = Set.of("ext4", "xfs", "tmpfs");

  private final DaemonStatus status;
  private final String root;
  private final ImageDirectory images;
  private final Ownership ownership;
  private final LingeringImages lingering;

  /**
   * Something mounted below the root.
   *
   * @param name where, as a path below the root
   * @param image the path below the image directory of the image of this name that it was mounted
   *     from, which may be gone; empty if it is something else
   */
  public record Found(String name, Optional<String> image) {}

  /** For the mounts of this status, where it shows what lingers. */
  public Reconcile(DaemonStatus status, Settings settings) {
    this.status = status;
    this.lingering = new LingeringImages(status.mounts(), settings.images().toString());
    this.root = settings.root().toString();
    this.images =
        new ImageDirectory(settings.images().toString(), settings.mount().symlinkedImages());
    this.ownership = new Ownership(images, settings.imageSuffixes());
  }

  /**
   * What is mounted below the root, by whomever. Blocks for as long as the storage does.
   *
   * @throws IOException if the mount table can't be read
   */
  public Collection<Found> mounted() throws IOException {
    List<Found> found = new ArrayList<>();
    for (MountedImages.Place place : MountedImages.places(root, MountInfo.read())) {
      found.add(new Found(place.name(), ownership.file(place.name(), place.mount())));
    }
    return found;
  }

  /**
   * The names that want a closer look: those that are not mounted as they are said to be, those
   * that are mounted twice, and those that somebody else has mounted. Blocks for as long as the
   * image storage does; one thread at a time.
   *
   * @throws IOException if the mount table can't be read, or the image directory is not there
   */
  public Collection<String> suspects() throws IOException {
    List<MountInfo> all = MountInfo.read();
    status.lingering(lingering.look(all));
    Map<String, MountInfo> table = new HashMap<>();
    Set<String> suspects = new TreeSet<>();
    for (MountedImages.Place place : MountedImages.places(root, all)) {
      // The last one at a place is the one on top.
      if (table.put(place.name(), place.mount()) != null) {
        suspects.add(place.name());
      }
    }
    try (Fd directory = Fd.openDirectory(images.path())) {
      long local = local(directory, all);
      for (MountStatus line : status.mounts().all()) {
        MountInfo mount = table.remove(line.name());
        if (line.state() == MountState.MOUNTED
            ? isSuspect(line, mount, directory, local)
            : mount != null && mayBeImage(mount)) {
          suspects.add(line.name());
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

  /** By a loop device, or read by the file system itself. */
  private static boolean mayBeImage(MountInfo mount) {
    return FileStatus.major(mount.device()) == LoopDevice.MAJOR || Ownership.isFileBacked(mount);
  }

  /** The device of the image directory, if its file system has no server; each minute it counts. */
  private static long local(Fd directory, Collection<MountInfo> table) throws SyscallException {
    long device = directory.status().device();
    boolean local =
        table.stream().anyMatch(m -> m.device() == device && LOCAL.contains(m.fsType()));
    return local ? device : ImageDirectory.NO_DEVICE;
  }

  private boolean isSuspect(MountStatus line, MountInfo mount, Fd directory, long local) {
    // With a reason, what is mounted is not as it should be, or could not be told.
    if (mount == null
        || line.reason() != null
        || !Ownership.deviceName(mount.device()).equals(line.device())) {
      return true;
    }
    String file = line.image().substring(images.path().length() + 1);
    Optional<Mounter.Generation> image = images.generation(directory, file, local);
    try {
      return image.isPresent() && !Ownership.isBackedBy(image, file, mount, local);
    } catch (SyscallException e) {
      return true;
    }
  }
}
