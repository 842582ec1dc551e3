package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** The types of file systems that the running kernel has, proc_filesystems(5). */
public final class FileSystemTypes {
  private FileSystemTypes() {}

  /**
   * Those that are built in or whose module is loaded, such as {@code squashfs}.
   *
   * @throws IOException if /proc/filesystems can't be read
   */
  public static Set<String> known() throws IOException {
    // "nodev", or nothing, stands before the tab.
    return Files.readAllLines(Path.of("/proc/filesystems")).stream()
        .map(line -> line.substring(line.indexOf('\t') + 1))
        .collect(Collectors.toSet());
  }
}
