package dev.lazymount.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mount table as /proc/self/mountinfo shows it (proc_pid_mountinfo(5)). Reading it takes time
 * that grows with the number of mounts, so for one mount it is read only where nothing else tells:
 * to swap an image, and of a file system that has no block device.
 *
 * @param id the mount's id
 * @param parent the id of the mount it is attached to
 * @param device the file system's device, as {@link FileStatus#device()}
 * @param root which directory of the file system is mounted
 * @param target where it is mounted
 * @param fsType the file system's type, such as {@code squashfs}
 * @param source what is mounted, such as {@code /dev/loop3}
 */
public record MountInfo(
    int id, int parent, long device, String root, String target, String fsType, String source) {

  /** The mounts of this process's mount namespace, in the kernel's order. */
  public static List<MountInfo> read() throws IOException {
    byte[] table = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
    List<MountInfo> mounts = new ArrayList<>();
    new String(table, StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> parse(line).ifPresent(mounts::add));
    return mounts;
  }

  /** One line of the table; empty if it has not the form. */
  public static Optional<MountInfo> parse(String line) {
    int separator = line.indexOf(" - ");
    if (separator < 0) {
      return Optional.empty();
    }
    String[] mount = line.substring(0, separator).split(" ", -1);
    String[] system = line.substring(separator + 3).split(" ", -1);
    int colon = mount.length < 5 ? -1 : mount[2].indexOf(':');
    if (colon < 0 || system.length < 2) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new MountInfo(
              Integer.parseInt(mount[0]),
              Integer.parseInt(mount[1]),
              FileStatus.device(
                  Long.parseLong(mount[2].substring(0, colon)),
                  Long.parseLong(mount[2].substring(colon + 1))),
              unescape(mount[3]),
              unescape(mount[4]),
              system[0],
              unescape(system[1])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The kernel writes space, tab, newline and backslash as three octal digits. */
  private static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder plain = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && field.substring(i + 1).matches("(?s)[0-3][0-7]{2}.*")) {
        plain.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        plain.append(field.charAt(i));
      }
    }
    return plain.toString();
  }
}
