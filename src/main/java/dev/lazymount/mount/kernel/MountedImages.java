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

/** Which images are mounted, as the mount table and the loop devices show it. */
public final class MountedImages {
  /**
   * A mount below the root.
   *
   * @param name where, as a path below the root
   * @param mount what the table says of it
   */
  record Place(String name, MountInfo mount) {}

  /**
   * An image that is mounted.
   *
   * @param name its name, which is the place below the root
   * @param file its file, as a path below the image directory; it may be gone
   * @param source what is mounted, such as {@code /dev/loop3}
   */
  public record Image(String name, String file, String source) {}

  private MountedImages() {}

  /**
   * The images of one directory that are mounted below a root, each at the place of its name. It is
   * a first look: what is done to one of them looks again, under its lock.
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
    for (Place place : places(settings.root().toString(), MountInfo.read())) {
      ownership
          .file(place.name(), place.mount())
          .map(file -> new Image(place.name(), file, place.mount().source()))
          .ifPresent(image -> mounted.put(image.name(), image));
    }
    return mounted.values();
  }

  /** The mounts of a table that are below the root, in its order: what lies on top comes last. */
  static List<Place> places(String root, Collection<MountInfo> table) throws IOException {
    List<Place> places = new ArrayList<>();
    try (Fd place = Fd.openPath(root)) {
      String below = place.path() + "/";
      for (MountInfo mount : table) {
        if (mount.target().startsWith(below)) {
          places.add(new Place(mount.target().substring(below.length()), mount));
        }
      }
    }
    return places;
  }
}
