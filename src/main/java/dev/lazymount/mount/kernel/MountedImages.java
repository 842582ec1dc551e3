package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Which images are mounted, as the mount table and the loop devices show it. */
public final class MountedImages {
  /**
   * A mount below the root.
   *
   * @param name its mount point, as a path below the root
   * @param mount its line of the mount table
   */
  record NamedMount(String name, MountInfo mount) {}

  /**
   * An image that is mounted.
   *
   * @param name its name, which is the path of its mount point below the root
   * @param file its file, as a path below the image directory; it may be deleted
   * @param source what is mounted, such as {@code /dev/loop3}
   */
  public record Image(String name, String file, String source) {}

  private MountedImages() {}

  /**
   * The images of one directory that are mounted below a root, each on the mount point of its name.
   * Without locks: an operation on one of them checks it again, under its lock.
   *
   * @param settings the root and the image directory, which may block for as long as its storage
   *     does
   * @throws IOException if the mount table can't be read, or one of the two is not there
   */
  public static Collection<Image> below(Settings settings) throws IOException {
    Ownership ownership =
        new Ownership(
            new ImageDirectory(settings.images().toString(), settings.mount().symlinkedImages()),
            settings.imageSuffixes());
    Map<String, Image> mounted = new HashMap<>();
    for (NamedMount named : mounts(settings.root().toString(), MountInfo.read())) {
      ownership
          .file(named.name(), named.mount())
          .map(file -> new Image(named.name(), file, named.mount().source()))
          .ifPresent(image -> mounted.put(image.name(), image));
    }
    return mounted.values();
  }

  /** The mounts of a table below the root, in its order: of a stack, the top one comes last. */
  static List<NamedMount> mounts(String root, Collection<MountInfo> table) throws IOException {
    List<NamedMount> mounts = new ArrayList<>();
    try (Fd place = Fd.openPath(root)) {
      String below = place.path() + "/";
      Predicate<MountInfo> reachable = FormerMounts.reachable(place, table);
      for (MountInfo mount : table) {
        if (mount.target().startsWith(below) && reachable.test(mount)) {
          mounts.add(new NamedMount(mount.target().substring(below.length()), mount));
        }
      }
    }
    return mounts;
  }
}
