package dev.lazymount.linux;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The mount table of another process, /proc/PID/mountinfo (proc_pid_mountinfo(5)): the mounts of
 * its mount namespace that are below its root directory. Every user may read it. Waits for no file
 * system.
 */
public final class ProcessMounts {
  /** More than the kernel lets a mount namespace have by default (fs.mount-max). */
  private static final int MOST_LINES = 150_000;

  /** Whether a process can see a mount. */
  public enum Sight {
    /** Its mount table has the mount. */
    HAS,
    /** Its mount table does not have the mount. */
    LACKS,
    /** The process has ended. */
    ENDED
  }

  private ProcessMounts() {}

  /**
   * The mounts of one device that a process has, in the kernel's order.
   *
   * @param pid the process id
   * @param device such as {@code /dev/loop3}, as {@link MountInfo#deviceName}
   * @return empty if the process has ended
   */
  public static Optional<List<MountInfo>> of(long pid, String device) {
    return lines(pid, mount -> MountInfo.deviceName(mount.device()).equals(device));
  }

  private static Optional<List<MountInfo>> lines(long pid, Predicate<MountInfo> wanted) {
    Path table = Path.of("/proc", Long.toString(pid), "mountinfo");
    // Latin-1: a mount point may be no valid UTF-8.
    try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.ISO_8859_1)) {
      return Optional.of(
          lines
              .lines()
              .limit(MOST_LINES)
              .flatMap(line -> MountInfo.parse(line).stream())
              .filter(wanted)
              .toList());
    } catch (IOException | UncheckedIOException e) {
      // ENOENT; EINVAL for a process that is ending.
      return Optional.empty();
    }
  }

  /** The name that a process has given itself, at most 15 bytes; empty if it has ended. */
  public static Optional<String> name(long pid) {
    try {
      byte[] comm = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "comm"));
      return Optional.of(new String(comm, StandardCharsets.ISO_8859_1).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a process is in the mount namespace of this one: a mount has an id of its own, and is
   * in one namespace. Needs no right to examine that process.
   *
   * @return false also if its root directory hides all common mounts, or it has ended
   */
  public static boolean sharesMountsWith(long pid) {
    try {
      Set<Integer> own = MountInfo.read().stream().map(MountInfo::id).collect(Collectors.toSet());
      return lines(pid, mount -> own.contains(mount.id())).filter(m -> !m.isEmpty()).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a process can see a mount of this device. */
  public static Sight sight(long pid, String device) {
    return of(pid, device)
        .map(mounts -> mounts.isEmpty() ? Sight.LACKS : Sight.HAS)
        .orElse(Sight.ENDED);
  }
}
