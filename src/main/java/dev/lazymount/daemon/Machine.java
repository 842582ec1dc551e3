package dev.lazymount.daemon;

import dev.lazymount.config.Problem;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsChecks;
import dev.lazymount.linux.BoundedWait;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.User;
import dev.lazymount.trace.Bpftrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** What this machine lacks for the daemon to run, in a sentence each. */
public final class Machine {
  /** How long a directory may take to answer before the check goes on without it. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Where tracefs is since Linux 4.1. */
  public static final Path TRACEFS = Path.of("/sys/kernel/tracing");

  private Machine() {}

  /**
   * Without these nothing can be done: the daemon does not start.
   *
   * @return the problems; empty if there are none
   */
  public static List<String> fatal(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (!User.isRoot()) {
      problems.add("not root: tracing and mounting need it; run it as root");
    }
    KernelVersion kernel = KernelVersion.running();
    if (kernel.compareTo(KernelVersion.FLOOR) < 0) {
      problems.add(
          "Linux "
              + kernel
              + " is too old: LOOP_CONFIGURE and others came with 5.8; use a newer one");
    }
    if (!Files.exists(Path.of("/dev/loop-control"))) {
      problems.add("no /dev/loop-control: loop devices are missing; try modprobe loop");
    }
    if (!fileSystems().contains("squashfs")) {
      problems.add("the kernel has no squashfs; try modprobe squashfs");
    }
    problems.addAll(directories(settings));
    return problems;
  }

  /**
   * Without these there is no trace: the daemon starts, says so, and tries again and again.
   *
   * @return the problems; empty if there are none
   */
  public static List<String> trace(Settings settings) {
    List<String> problems = new ArrayList<>();
    if (!Files.isDirectory(TRACEFS.resolve("events/syscalls"))) {
      problems.add(
          "no system call tracepoints in "
              + TRACEFS
              + "; is tracefs mounted? (mount -t tracefs tracefs "
              + TRACEFS
              + ")");
    }
    String bpftrace = settings.trace().bpftrace();
    if (Bpftrace.find(bpftrace).isEmpty()) {
      problems.add("bpftrace not found: no executable file " + bpftrace + "; install bpftrace");
    }
    return problems;
  }

  /**
   * Root and images may lie on a file server that does not answer; that is not known to be wrong.
   */
  private static List<String> directories(Settings settings) {
    try {
      List<Problem> found =
          BoundedWait.on(
              "directories",
              PATIENCE,
              () -> {
                List<Problem> problems = new ArrayList<>(SettingsChecks.root(settings));
                problems.addAll(SettingsChecks.images(settings));
                problems.addAll(SettingsChecks.apart(settings));
                return problems;
              });
      return found.stream().map(Problem::toString).toList();
    } catch (TimeoutException slow) {
      return List.of();
    } catch (InterruptedException | ExecutionException e) {
      return List.of("can't look at root and images: " + e.getMessage());
    }
  }

  private static List<String> fileSystems() {
    try {
      return Files.readAllLines(Path.of("/proc/filesystems")).stream()
          .map(line -> line.substring(line.indexOf('\t') + 1))
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
