package dev.lazymount.mount;

import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Which images are mounted, as the mount table and the loop devices show it. */
public final class MountedImages {
  private MountedImages() {}

  /**
   * The images of one directory that are mounted below a root. It is a first look: what is done to
   * one of them looks again, under its lock.
   *
   * @param root where they are mounted
   * @param images the image directory; may block for as long as its storage does
   * @return from name, which is the place below the root, to the file's path below the image
   *     directory
   * @throws IOException if the mount table can't be read, or one of the two is not there
   */
  public static Map<String, String> below(Path root, Path images) throws IOException {
    String places = root.toRealPath() + "/";
    String files = images.toRealPath() + "/";
    Map<String, String> mounted = new HashMap<>();
    for (MountInfo mount : MountInfo.read()) {
      if (mount.target().startsWith(places) && mount.source().startsWith("/dev/loop")) {
        String file = LoopDevice.backingPath(FileStatus.minor(mount.device()));
        if (file.startsWith(files)) {
          mounted.put(mount.target().substring(places.length()), file.substring(files.length()));
        }
      }
    }
    return mounted;
  }
}
