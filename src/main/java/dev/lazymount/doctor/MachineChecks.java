package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Check.NeededBy;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.User;
import dev.lazymount.trace.program.HookSupport;
import dev.lazymount.trace.program.HookedProgram.Probe;
import dev.lazymount.trace.program.TraceFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks user, Java and kernel. */
final class MachineChecks {
  private static final int OLDEST_JAVA = 17;

  /** The first kernel with MOVE_MOUNT_BENEATH. */
  private static final KernelVersion MOVE_MOUNT_BENEATH = new KernelVersion(6, 5);

  private static final Path BTF = Path.of("/sys/kernel/btf/vmlinux");
  private static final Path LOCKDOWN = Path.of("/sys/kernel/security/lockdown");

  private MachineChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        Check.of("user", NeededBy.START, () -> user(User.isRoot())),
        Check.of("java", () -> java(Runtime.version().feature())),
        Check.of("kernel", NeededBy.START, () -> kernel(System.getProperty("os.version"))),
        Check.of(
            "lockdown",
            () ->
                lockdown(
                    Files.exists(LOCKDOWN)
                        ? Optional.of(Files.readString(LOCKDOWN).strip())
                        : Optional.empty())),
        Check.of("btf", () -> btf(settings.trace().program(), Files.isReadable(BTF))),
        Check.of("hooks", () -> hooks(settings.trace().program())));
  }

  static Finding user(boolean root) {
    return root
        ? Finding.ok("user", "root")
        : Finding.fail(
            "user", "not running as root, which tracing and mounting need", "run it as root");
  }

  static Finding java(int version) {
    String found = "Java " + version + " in " + System.getProperty("java.home");
    return version >= OLDEST_JAVA
        ? Finding.ok("java", found)
        : Finding.fail("java", found + " is too old", "install Java 17 or newer");
  }

  /** By the kernel's release, such as {@code 6.1.0-28-amd64}. */
  static Finding kernel(String release) {
    KernelVersion version = KernelVersion.parse(release);
    String found = "Linux " + release;
    if (version.compareTo(KernelVersion.MINIMUM) < 0) {
      return Finding.fail(
          "kernel", found + " is too old: LOOP_CONFIGURE needs 5.8", "boot Linux 5.8 or newer");
    }
    return version.compareTo(MOVE_MOUNT_BENEATH) < 0
        ? Finding.warn(
            "kernel",
            found
                + ": while a replaced image is swapped, its original directory is visible for an"
                + " instant",
            "boot Linux 6.5 or newer if that matters")
        : Finding.ok("kernel", found);
  }

  /** By the content of the file, with the mode in brackets: {@code none [integrity] ...}. */
  static Finding lockdown(Optional<String> modes) {
    if (modes.isEmpty()) {
      return Finding.ok("lockdown", "this kernel has none");
    }
    return modes.get().contains("[confidentiality]")
        ? Finding.fail(
            "lockdown",
            "confidentiality: BPF programs may not read kernel memory, so nothing can be traced",
            "boot with lockdown=integrity or without lockdown")
        : Finding.ok("lockdown", modes.get());
  }

  static Finding btf(Settings.Program program, boolean readable) {
    if (readable) {
      return Finding.ok("btf", BTF + " is readable, as the hooked and resolved programs need");
    }
    String missing = BTF + " is missing: the hooked and resolved programs can't run";
    String fix = "boot a kernel with CONFIG_DEBUG_INFO_BTF";
    return switch (program) {
      case HOOKED, RESOLVED -> Finding.fail("btf", missing, fix + ", or set trace.program = auto");
      case AUTO ->
          Finding.warn("btf", missing + ", and the path program does not see relative paths", fix);
      case PATH -> Finding.ok("btf", "missing, but trace.program = path does not need it");
    };
  }

  private static Finding hooks(Settings.Program program) {
    if (program == Settings.Program.PATH || program == Settings.Program.RESOLVED) {
      return Finding.ok("hooks", "trace.program = " + program + " does not need them");
    }
    HookSupport kernel = HookSupport.ofThisKernel();
    try {
      return hooks(program, kernel.whyNot(Probe.FENTRY), kernel.whyNot(Probe.KPROBE));
    } catch (TraceFailure e) {
      return hooks(program, Optional.of(e.getMessage()), Optional.of(e.getMessage()));
    }
  }

  /** By the reasons why the hooked program can't be attached in either way. */
  static Finding hooks(
      Settings.Program program, Optional<String> noFentry, Optional<String> noKprobe) {
    if (noFentry.isEmpty()) {
      return Finding.ok("hooks", "the kernel permits fentry programs, as the hooked program needs");
    }
    if (noKprobe.isEmpty()) {
      return Finding.ok("hooks", "the hooked program uses a kprobe: " + noFentry.get());
    }
    String reasons =
        Stream.of(noFentry.get(), noKprobe.get()).distinct().collect(Collectors.joining(", "));
    String fix =
        reasons.contains(HookSupport.FTRACE_SETTING)
            ? "run sysctl " + HookSupport.FTRACE_SETTING + "=1, and restart lazymount"
            : "set trace.program = auto";
    if (program == Settings.Program.HOOKED) {
      return Finding.fail("hooks", reasons, fix);
    }
    String found = reasons + "; the resolved program sees less, and costs every system call 55 ns";
    return reasons.contains(HookSupport.FTRACE_SETTING)
        ? Finding.warn("hooks", found, fix)
        : Finding.ok("hooks", found);
  }
}
