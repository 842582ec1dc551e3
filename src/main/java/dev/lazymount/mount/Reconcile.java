package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.state.MountBoard;
import dev.lazymount.state.MountState;
import dev.lazymount.state.MountStatus;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares what is said to be mounted with the mount table and the image files: what was mounted,
 * unmounted or mounted over behind our back, and whose image was replaced.
 *
 * <p>It asks the mount table and not the mounts: a look at a mount is a use of it, and with one at
 * every scan nothing would ever be idle.
 */
public final class Reconcile {
  private final MountBoard board;
  private final String root;
  private final ImageDirectory images;

  /** For the mounts on this board. */
  public Reconcile(MountBoard board, Settings settings) {
    this.board = board;
    this.root = settings.root().toString();
    this.images =
        new ImageDirectory(settings.images().toString(), settings.mount().symlinkedImages());
  }

  /**
   * The names that want a closer look: those that are not mounted as they are said to be, those
   * that are mounted twice, and those that somebody else has mounted. Blocks for as long as the
   * image storage does.
   *
   * @throws IOException if the mount table can't be read
   */
  public Collection<String> suspects() throws IOException {
    Map<String, MountInfo> table = new HashMap<>();
    Set<String> suspects = new TreeSet<>();
    try (Fd place = Fd.openPlace(root)) {
      String below = place.path() + "/";
      for (MountInfo mount : MountInfo.read()) {
        if (mount.target().startsWith(below)) {
          String name = mount.target().substring(below.length());
          // The last one at a place is the one on top.
          if (table.put(name, mount) != null) {
            suspects.add(name);
          }
        }
      }
    }
    for (MountStatus line : board.all()) {
      MountInfo mount = table.remove(line.name());
      if (line.state() == MountState.MOUNTED
          ? isSuspect(line, mount)
          : mount != null && isLoop(mount)) {
        suspects.add(line.name());
      }
    }
    table.forEach(
        (name, mount) -> {
          if (isLoop(mount)) {
            suspects.add(name);
          }
        });
    return suspects;
  }

  private static boolean isLoop(MountInfo mount) {
    return FileStatus.major(mount.device()) == LoopDevice.MAJOR;
  }

  private boolean isSuspect(MountStatus line, MountInfo mount) {
    if (mount == null || !mount.source().equals(line.device())) {
      return true;
    }
    String file = line.image().substring(images.path().length() + 1);
    Optional<Mounter.Generation> image = images.generation(file);
    try {
      return image.isPresent() && !Ownership.isBehind(image, FileStatus.minor(mount.device()));
    } catch (SyscallException e) {
      return true;
    }
  }
}
