package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Lines of a mount table. */
public final class MountInfoFuzz {
  private MountInfoFuzz() {}

  /**
   * A table, which has no NUL; what is understood has to be the same after it was written and read
   * again.
   */
  public static void fuzzerTestOneInput(byte[] data) {
    List<String> lines =
        new String(data, StandardCharsets.UTF_8).replace('\0', '0').lines().toList();
    for (String line : lines) {
      MountInfo.parse(line)
          .ifPresent(
              mount -> {
                if (isPossible(mount)
                    && !MountInfo.parse(print(mount)).orElseThrow().equals(mount)) {
                  throw new AssertionError("not " + mount);
                }
              });
    }
    Propagation.of(java.nio.file.Path.of("/opt/ce"), lines);
  }

  /** The kernel prints no number that does not fit, and a dash only between the two parts. */
  private static boolean isPossible(MountInfo mount) {
    int major = FileStatus.major(mount.device());
    int minor = FileStatus.minor(mount.device());
    return major >= 0
        && minor >= 0
        && FileStatus.device(major, minor) == mount.device()
        && !mount.root().equals("-")
        && !mount.target().equals("-");
  }

  private static String print(MountInfo mount) {
    return String.join(
        " ",
        Integer.toString(mount.id()),
        Integer.toString(mount.parent()),
        FileStatus.major(mount.device()) + ":" + FileStatus.minor(mount.device()),
        escape(mount.root()),
        escape(mount.target()),
        "rw",
        "-",
        mount.fsType(),
        escape(mount.source()));
  }

  private static String escape(String text) {
    return text.replace("\\", "\\134").replace(" ", "\\040").replace("\n", "\\012");
  }
}
