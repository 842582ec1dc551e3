package dev.lazymount.hold;

import dev.lazymount.linux.MountInfo;
import dev.lazymount.text.Printable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which processes use a mounted image: those with a current directory, root directory, program,
 * open file or mapped file in it. Reads /proc alone, and so never waits for the image storage.
 * Bounded in time and in what it reports.
 */
public final class MountUsers {
  private static final int MOST = 5;
  private static final Duration LONGEST = Duration.ofSeconds(2);
  private static final int MOST_LINES = 20_000;

  private MountUsers() {}

  /**
   * The users of the mount at a path, for operators: {@code used by cc1plus[4711]}.
   *
   * @param target the mount point as the mount table has it
   */
  public static String of(Path target) {
    try {
      Optional<MountInfo> mount =
          MountInfo.read().stream()
              .filter(line -> line.target().equals(target.toString()))
              .reduce((first, second) -> second);
      return of(target.toString(), mount.map(MountInfo::device));
    } catch (IOException e) {
      return "the processes that use it are not known (" + e.getMessage() + ")";
    }
  }

  private static String of(String target, Optional<Long> device) throws IOException {
    long end = System.nanoTime() + LONGEST.toNanos();
    Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/mnt"));
    List<String> users = new ArrayList<>();
    boolean elsewhere = false;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (users.size() > MOST || System.nanoTime() - end > 0) {
          break;
        }
        if (uses(process, target)) {
          users.add(name(process));
        } else {
          elsewhere |= device.isPresent() && hasMount(process, own, device.get());
        }
      }
    }
    if (users.isEmpty()) {
      return elsewhere
          ? "used in another mount namespace"
          : "the processes that use it are not known";
    }
    boolean more = users.size() > MOST;
    return "used by "
        + String.join(", ", more ? users.subList(0, MOST) : users)
        + (more ? " and others" : "");
  }

  private static boolean uses(Path process, String target) {
    for (String link : List.of("cwd", "root", "exe")) {
      if (isIn(process.resolve(link), target)) {
        return true;
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
      int lines = 0;
      for (Path file : files) {
        if (isIn(file, target)) {
          return true;
        }
        if (lines++ > MOST_LINES) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It has ended.
      return false;
    }
    try (BufferedReader maps =
        Files.newBufferedReader(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
      return maps.lines().limit(MOST_LINES).anyMatch(line -> line.contains(" " + target + "/"));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static boolean isIn(Path link, String target) {
    try {
      String path = Files.readSymbolicLink(link).toString();
      return path.equals(target) || path.startsWith(target + "/");
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a process of another mount namespace has this file system mounted in it. */
  private static boolean hasMount(Path process, Path own, long device) {
    try {
      if (Files.readSymbolicLink(process.resolve("ns").resolve("mnt")).equals(own)) {
        return false;
      }
      try (BufferedReader table = Files.newBufferedReader(process.resolve("mountinfo"))) {
        return table
            .lines()
            .limit(MOST_LINES)
            .anyMatch(
                line ->
                    MountInfo.parse(line).filter(mount -> mount.device() == device).isPresent());
      }
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static String name(Path process) {
    String pid = process.getFileName().toString();
    try {
      return Printable.of(Files.readString(process.resolve("comm")).strip()) + "[" + pid + "]";
    } catch (IOException e) {
      return "[" + pid + "]";
    }
  }
}
