package dev.lazymount.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether mounts made in a directory propagate to other mount namespaces (mount_namespaces(7)),
 * from the optional fields of /proc/self/mountinfo.
 *
 * @param mountPoint the mount point of the mount that contains the directory
 * @param shared whether it propagates mounts to its peers and slaves
 * @param slave whether it receives mounts from a master
 */
public record Propagation(String mountPoint, boolean shared, boolean slave) {
  /** The index of the first optional field; a single hyphen follows the last one. */
  private static final int OPTIONAL = 6;

  /**
   * The propagation of the mount that contains a directory.
   *
   * @param directory a path without symlinks
   * @return empty if the mount table does not contain it, as in a chroot whose root is not a mount
   *     point
   */
  public static Optional<Propagation> of(Path directory) throws IOException {
    byte[] table = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
    return of(directory, new String(table, StandardCharsets.UTF_8).lines().toList());
  }

  /** The same from the lines of a mount table. */
  static Optional<Propagation> of(Path directory, List<String> table) {
    Optional<Propagation> found = Optional.empty();
    for (String line : table) {
      String target = MountInfo.parse(line).map(MountInfo::target).orElse("");
      boolean deeper = found.isEmpty() || target.length() >= found.get().mountPoint().length();
      if (!target.isEmpty() && deeper && directory.startsWith(target)) {
        String fields = line.substring(0, line.indexOf(" - "));
        List<String> all = List.of(fields.split(" ", -1));
        List<String> optional = all.subList(Math.min(OPTIONAL, all.size()), all.size());
        found =
            Optional.of(
                new Propagation(
                    target,
                    optional.stream().anyMatch(field -> field.startsWith("shared:")),
                    optional.stream().anyMatch(field -> field.startsWith("master:"))));
      }
    }
    return found;
  }
}
