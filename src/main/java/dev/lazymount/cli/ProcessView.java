package dev.lazymount.cli;

import dev.lazymount.explain.Explanation;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.linux.TimedCall;
import dev.lazymount.text.Printable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * What other processes see of an image, for {@code explain}. The command looks and not the daemon,
 * whose unit may not examine other processes, and which must not wait for their file systems.
 */
final class ProcessView {
  /** For all looks together; a file system of the process may hang. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final int MOST = 5;

  private ProcessView() {}

  /** What a process sees of the image that was explained, in one sentence. */
  static String of(long pid, Explanation image) {
    Optional<String> comm = ProcessMounts.name(pid);
    if (comm.isEmpty()) {
      return "no process has the id " + pid;
    }
    String process = Printable.of(comm.get()) + "[" + pid + "]";
    if (image.name() == null) {
      return process + " reads this path as it is: no image serves it";
    }
    if (image.device() == null) {
      return process + " reads the original directory: " + image.name() + " is not mounted";
    }
    Optional<List<MountInfo>> mounts = ProcessMounts.of(pid, image.device());
    if (mounts.isEmpty()) {
      return process + " has ended";
    }
    if (mounts.get().isEmpty()) {
      return process
          + " reads the original directory: its mount namespace"
          + namespace(pid).map(id -> " (" + id + ")").orElse("")
          + " does not have the mount, as it is neither the host's nor a slave of it";
    }
    try {
      return process
          + TimedCall.run("process-view", TIMEOUT, () -> seen(pid, image.device(), mounts.get()));
    } catch (TimeoutException e) {
      return process + " has the mount, but its file system does not respond";
    } catch (ExecutionException e) {
      return process + " has the mount, but can't be examined: " + e.getCause().getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return process + " was not examined";
    }
  }

  /** {@code mounts} are those of the image that the process has; at least one. */
  private static String seen(long pid, String device, List<MountInfo> mounts)
      throws SyscallException {
    for (MountInfo mount : mounts) {
      if (isOn(device, "/proc/" + pid + "/root" + mount.target())) {
        String at = Printable.of(mount.target());
        return isBelow(pid, device, mount.target())
            ? " has the mount at " + at + ", but its current directory is in the original below it"
            : " sees the image: its mount namespace has the mount at " + at;
      }
    }
    return " has the mount at "
        + Printable.of(mounts.get(0).target())
        + ", but something else is mounted over it there";
  }

  private static boolean isOn(String device, String path) throws SyscallException {
    try (Fd there = Fd.openPath(path)) {
      return MountInfo.deviceName(there.cachedStatus().device()).equals(device);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR)) {
        return false;
      }
      throw e;
    }
  }

  /** Whether its current directory is in this directory and not in the image. */
  private static boolean isBelow(long pid, String device, String target) {
    String link = "/proc/" + pid + "/cwd";
    try {
      String directory = Files.readSymbolicLink(Path.of(link)).toString();
      return (directory.equals(target) || directory.startsWith(target + "/"))
          && !isOn(device, link);
    } catch (IOException e) {
      return false;
    }
  }

  /** Its mount namespace, such as {@code mnt:[4026531841]}; empty if it can't be examined. */
  private static Optional<String> namespace(long pid) {
    try {
      Path link = Path.of("/proc", Long.toString(pid), "ns", "mnt");
      return Optional.of(Files.readSymbolicLink(link).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The mount namespaces that do not have the mount of a device, each with one of its processes.
   *
   * @return empty if there are none
   */
  static Optional<String> without(String device) {
    long end = System.nanoTime() + TIMEOUT.toNanos();
    Set<String> known = new HashSet<>();
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (found.size() > MOST || System.nanoTime() - end > 0) {
          break;
        }
        long pid = Long.parseLong(process.getFileName().toString());
        Optional<String> namespace = namespace(pid);
        if (namespace.isPresent()
            && known.add(namespace.get())
            && ProcessMounts.sight(pid, device) == ProcessMounts.Sight.LACKS) {
          String comm = ProcessMounts.name(pid).map(Printable::of).orElse("");
          found.add(namespace.get() + " of " + comm + "[" + pid + "]");
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What was found by then.
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    boolean more = found.size() > MOST;
    return Optional.of(
        "without the mount: "
            + String.join(", ", more ? found.subList(0, MOST) : found)
            + (more ? " and others" : ""));
  }
}
