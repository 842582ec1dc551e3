package dev.lazymount.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether what is mounted in a directory shows in other mount namespaces (mount_namespaces(7)), as
 * the optional fields of /proc/self/mountinfo say.
 *
 * @param mountPoint of the mount that the directory lies on
 * @param shared whether mounts made on it are passed on
 * @param slave whether it gets mounts from elsewhere
 */
public record Propagation(String mountPoint, boolean shared, boolean slave) {
  /** Field 7 and those after it, up to a single hyphen. */
  private static final int OPTIONAL = 6;

  /**
   * Of the mount that a directory lies on.
   *
   * @param directory without symlinks
   * @return empty if the table does not have it
   */
  public static Optional<Propagation> of(Path directory) throws IOException {
    byte[] table = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
    return of(directory, new String(table, StandardCharsets.UTF_8).lines().toList());
  }

  /** The same of a table's lines. */
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
