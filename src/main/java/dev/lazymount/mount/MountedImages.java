package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which images are mounted, as the mount table and the loop devices show it. */
public final class MountedImages {
  private MountedImages() {}

  /**
   * The images of one directory that are mounted below a root. It is a first look: what is done to
   * one of them looks again, under its lock.
   *
   * @param settings the root and the image directory, which may block for as long as its storage
   *     does
   * @return from name, which is the place below the root, to the file's path below the image
   *     directory
   * @throws IOException if the mount table can't be read, or one of the two is not there
   */
  public static Map<String, String> below(Settings settings) throws IOException {
    String places = settings.root().toRealPath() + "/";
    String images = settings.images().toRealPath().toString();
    Map<String, String> mounted = new HashMap<>();
    for (MountInfo mount : MountInfo.read()) {
      if (mount.target().startsWith(places)) {
        String name = mount.target().substring(places.length());
        file(mount, name, images, settings.imageSuffixes())
            .ifPresent(file -> mounted.put(name, file));
      }
    }
    return mounted;
  }

  private static Optional<String> file(
      MountInfo mount, String name, String images, List<String> suffixes) {
    if (Ownership.isFileBacked(mount)) {
      // Made by us, its source tells whether it is of a file, and not which one that is.
      return suffixes.stream()
          .map(suffix -> name + suffix)
          .filter(file -> Ownership.isOf(images, file, mount))
          .findFirst();
    }
    if (FileStatus.major(mount.device()) != LoopDevice.MAJOR) {
      return Optional.empty();
    }
    String file = LoopDevice.BackingPath.of(FileStatus.minor(mount.device())).path();
    return file.startsWith(images + "/")
        ? Optional.of(file.substring(images.length() + 1))
        : Optional.empty();
  }
}
