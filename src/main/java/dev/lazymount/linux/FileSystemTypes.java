package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** The file system types of the running kernel, proc_filesystems(5). */
public final class FileSystemTypes {
  private FileSystemTypes() {}

  /**
   * The types that are built in or whose module is loaded, such as {@code squashfs}.
   *
   * @throws IOException if /proc/filesystems can't be read
   */
  public static Set<String> known() throws IOException {
    // Each line is "nodev" or nothing, a tab, and the type.
    return Files.readAllLines(Path.of("/proc/filesystems")).stream()
        .map(line -> line.substring(line.indexOf('\t') + 1))
        .collect(Collectors.toSet());
  }
}
