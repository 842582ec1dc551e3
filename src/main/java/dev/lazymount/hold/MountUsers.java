package dev.lazymount.hold;

import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.ProcessMounts;
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
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which processes use a mounted image, in any mount namespace: those with a current directory, root
 * directory, program, open file or mapped file in it. Reads /proc alone, and so never waits for the
 * image storage. Bounded in time and in what it reports.
 *
 * <p>It needs the right to examine other users' processes (CAP_SYS_PTRACE), which the commands have
 * when root runs them, and the daemon's unit does not.
 */
public final class MountUsers {
  private static final int MOST = 5;
  private static final Duration LONGEST = Duration.ofSeconds(2);
  private static final int MOST_LINES = 20_000;

  private final String device;
  private final Set<Integer> here;

  private MountUsers(String device, List<MountInfo> mounts) {
    this.device = device;
    this.here = mounts.stream().map(MountInfo::id).collect(Collectors.toSet());
  }

  /**
   * The users of the mount at a path, for operators: {@code used by cc1plus[4711]}.
   *
   * @param target the mount point as the mount table has it
   */
  public static String of(Path target) {
    try {
      List<MountInfo> table = MountInfo.read();
      Optional<String> inside =
          table.stream()
              .map(MountInfo::target)
              .filter(other -> other.startsWith(target + "/"))
              .findFirst();
      if (inside.isPresent()) {
        return Printable.of(inside.get()) + " is mounted in it";
      }
      Optional<String> device =
          table.stream()
              .filter(line -> line.target().equals(target.toString()))
              .reduce((first, second) -> second)
              .map(line -> MountInfo.deviceName(line.device()));
      return device.isEmpty() ? "the processes that use it are not known" : of(device.get());
    } catch (IOException e) {
      return "the processes that use it are not known (" + e.getMessage() + ")";
    }
  }

  /**
   * The users of the mounts of a device in all mount namespaces.
   *
   * @param device such as {@code /dev/loop3}
   */
  public static String of(String device) {
    try {
      List<MountInfo> mounts =
          MountInfo.read().stream()
              .filter(line -> MountInfo.deviceName(line.device()).equals(device))
              .toList();
      return new MountUsers(device, mounts).find();
    } catch (IOException | DirectoryIteratorException e) {
      return "the processes that use it are not known (" + e.getMessage() + ")";
    }
  }

  private String find() throws IOException {
    long end = System.nanoTime() + LONGEST.toNanos();
    List<String> users = new ArrayList<>();
    Optional<String> elsewhere = Optional.empty();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (users.size() > MOST || System.nanoTime() - end > 0) {
          break;
        }
        List<MountInfo> mounts = ProcessMounts.of(pid(process), device).orElse(List.of());
        if (uses(process, mounts)) {
          users.add(name(process));
        } else if (elsewhere.isEmpty() && mounts.stream().anyMatch(m -> !here.contains(m.id()))) {
          elsewhere = Optional.of(name(process));
        }
      }
    }
    if (users.isEmpty()) {
      return elsewhere
          .map(process -> "mounted in another mount namespace, that of " + process)
          .orElse("the processes that use it are not known");
    }
    boolean more = users.size() > MOST;
    return "used by "
        + String.join(", ", more ? users.subList(0, MOST) : users)
        + (more ? " and others" : "");
  }

  /** {@code mounts} are those of the device that this process has; there may be none. */
  private boolean uses(Path process, List<MountInfo> mounts) {
    String root = root(process);
    Set<String> targets =
        mounts.stream().map(mount -> root + mount.target()).collect(Collectors.toSet());
    for (String link : List.of("cwd", "root", "exe")) {
      if (isIn(process.resolve(link), targets)) {
        return true;
      }
    }
    Set<String> ids =
        mounts.stream().map(mount -> "mnt_id:\t" + mount.id()).collect(Collectors.toSet());
    return hasOpenFile(process.resolve("fdinfo"), ids) || maps(process.resolve("maps"), mounts);
  }

  /**
   * What the paths of its mounts have in front for this process, as in a chroot; empty if nothing.
   */
  private static String root(Path process) {
    try {
      String root = Files.readSymbolicLink(process.resolve("root")).toString();
      return root.equals("/") ? "" : root;
    } catch (IOException e) {
      return "";
    }
  }

  private static boolean isIn(Path link, Set<String> targets) {
    try {
      String path = Files.readSymbolicLink(link).toString();
      return targets.stream()
          .anyMatch(target -> path.equals(target) || path.startsWith(target + "/"));
    } catch (IOException e) {
      return false;
    }
  }

  /** By the ids of mounts, which differ in each mount namespace. */
  private static boolean hasOpenFile(Path files, Set<String> ids) {
    if (ids.isEmpty()) {
      return false;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(files)) {
      int read = 0;
      for (Path file : all) {
        if (hasLine(file, ids)) {
          return true;
        }
        if (read++ > MOST_LINES) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It has ended, or may not be examined.
    }
    return false;
  }

  private static boolean hasLine(Path file, Set<String> wanted) {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      return lines.lines().limit(MOST_LINES).anyMatch(wanted::contains);
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /** By the device number, which is the same in each mount namespace. */
  private static boolean maps(Path file, List<MountInfo> mounts) {
    if (mounts.isEmpty()) {
      return false;
    }
    String number = MountInfo.numberInMaps(mounts.get(0).device());
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      return lines.lines().limit(MOST_LINES).anyMatch(line -> line.contains(number));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static long pid(Path process) {
    return Long.parseLong(process.getFileName().toString());
  }

  private static String name(Path process) {
    return ProcessMounts.name(pid(process)).map(Printable::of).orElse("")
        + "["
        + pid(process)
        + "]";
  }
}
