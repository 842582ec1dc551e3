package dev.lazymount.doctor;

import dev.lazymount.config.Problem;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsChecks;
import dev.lazymount.linux.FileSystemTypes;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.TimedCall;
import dev.lazymount.linux.User;
import dev.lazymount.trace.Bpftrace;
import dev.lazymount.trace.program.TracePrograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** What this machine lacks for the daemon to run, in a sentence each. */
public final class Preflight {
  /** How long a directory may take to answer before the check goes on without it. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private Preflight() {}

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
    if (kernel.compareTo(KernelVersion.MINIMUM) < 0) {
      problems.add(
          "Linux "
              + kernel
              + " is too old: LOOP_CONFIGURE and others came with 5.8; use a newer one");
    }
    if (!Files.exists(Path.of("/dev/loop-control"))) {
      problems.add("no /dev/loop-control: loop devices are missing; try modprobe loop");
    }
    if (!hasSquashfs()) {
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
    if (!Files.isDirectory(TracePrograms.TRACEFS.resolve("events/syscalls"))) {
      problems.add(
          "no system call tracepoints in "
              + TracePrograms.TRACEFS
              + "; is tracefs mounted? (mount -t tracefs tracefs "
              + TracePrograms.TRACEFS
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
          TimedCall.run(
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

  private static boolean hasSquashfs() {
    try {
      return FileSystemTypes.known().contains("squashfs");
    } catch (IOException e) {
      return false;
    }
  }
}
