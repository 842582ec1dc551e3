package dev.lazymount.kernel;

import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads mounts, loop devices and processes from /proc and /sys. */
public final class Kernel {
  private static final Path PROC = Path.of("/proc");

  private Kernel() {}

  /** All mounts below a directory, in the order they were made. */
  public static List<MountInfo> mountsBelow(Path directory) {
    try {
      return MountInfo.read().stream()
          .filter(mount -> Path.of(mount.target()).startsWith(directory))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The number of mounts on exactly this directory; more than one if they are stacked. */
  public static long mountsOn(Path target) {
    return mountsBelow(target).stream()
        .filter(mount -> Path.of(mount.target()).equals(target))
        .count();
  }

  /** The mount options of the mount on this directory, such as {@code ro,nosuid}. */
  public static String optionsOn(Path target) throws IOException {
    return Files.readAllLines(PROC.resolve("self/mountinfo")).stream()
        .map(line -> line.split(" "))
        .filter(fields -> fields[4].equals(target.toString()))
        .map(fields -> fields[5])
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing is mounted on " + target));
  }

  /** The loop devices with a backing file below a directory, by number. */
  public static Map<Integer, String> loopsBelow(Path directory) {
    Map<Integer, String> loops = new TreeMap<>();
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path device : devices) {
        text(device.resolve("loop/backing_file"))
            .filter(file -> file.startsWith(directory + "/"))
            .ifPresent(
                file ->
                    loops.put(
                        Integer.parseInt(device.getFileName().toString().substring(4)),
                        file.strip()));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return loops;
  }

  /**
   * The loop devices with a backing file below a directory that are not mounted in any mount
   * namespace of any process: a namespace made while a test runs has copies of its mounts.
   */
  public static List<String> leakedLoopsBelow(Path directory) {
    Map<Integer, String> bound = loopsBelow(directory);
    if (bound.isEmpty()) {
      return List.of();
    }
    Map<String, ProcessHandle> namespaces = new HashMap<>();
    ProcessHandle.allProcesses()
        .forEach(
            process -> {
              try {
                Path namespace = PROC.resolve(process.pid() + "/ns/mnt");
                namespaces.putIfAbsent(Files.readSymbolicLink(namespace).toString(), process);
              } catch (IOException e) {
                // The process has ended.
              }
            });
    for (ProcessHandle process : namespaces.values()) {
      text(PROC.resolve(process.pid() + "/mountinfo"))
          .ifPresent(
              table ->
                  table
                      .lines()
                      .flatMap(line -> MountInfo.parse(line).stream())
                      .filter(mount -> FileStatus.major(mount.device()) == LoopDevice.MAJOR)
                      .forEach(mount -> bound.remove(FileStatus.minor(mount.device()))));
    }
    return List.copyOf(bound.values());
  }

  /** The processes with this variable in their environment. */
  public static List<ProcessHandle> processesWith(String variable) {
    List<ProcessHandle> found = new ArrayList<>();
    String wanted = "\0" + variable + "\0";
    ProcessHandle.allProcesses()
        .filter(
            process ->
                text(PROC.resolve(process.pid() + "/environ"))
                    .map(environment -> ("\0" + environment + "\0").contains(wanted))
                    .orElse(false))
        .forEach(found::add);
    return found;
  }

  /** The name of a process; empty if it has ended. */
  public static String comm(long pid) {
    return text(PROC.resolve(pid + "/comm")).map(String::strip).orElse("");
  }

  /** Whether a process exists and is not a zombie. */
  public static boolean runs(long pid) {
    return text(PROC.resolve(pid + "/stat"))
        .map(stat -> stat.charAt(stat.lastIndexOf(')') + 2) != 'Z')
        .orElse(false);
  }

  /** Sends a signal, such as {@code KILL} or {@code STOP}. */
  public static void signal(String signal, long pid) {
    ChildProcess.run("kill", "-" + signal, Long.toString(pid)).orFail();
  }

  /** The open files of this process, by descriptor. */
  public static List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(PROC.resolve("self/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          open.add(descriptor.getFileName() + " " + Files.readSymbolicLink(descriptor));
        } catch (IOException e) {
          // It was closed meanwhile, or is the one that read this directory.
        }
      }
    }
    open.removeIf(file -> file.endsWith("/fd"));
    open.sort(null);
    return open;
  }

  private static Optional<String> text(Path file) {
    try {
      return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
