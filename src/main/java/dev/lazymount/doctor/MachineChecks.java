package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Check.NeededBy;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.User;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
        Check.of("btf", () -> btf(settings.trace().program(), Files.isReadable(BTF))));
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
    if (version.compareTo(KernelVersion.FLOOR) < 0) {
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
      return Finding.ok("btf", BTF + " is readable, as the resolved program needs");
    }
    String missing = BTF + " is missing: the resolved program can't run";
    String fix = "boot a kernel with CONFIG_DEBUG_INFO_BTF";
    return switch (program) {
      case RESOLVED -> Finding.fail("btf", missing, fix + ", or set trace.program = auto");
      case AUTO ->
          Finding.warn("btf", missing + ", and the path program does not see relative paths", fix);
      case PATH -> Finding.ok("btf", "missing, but trace.program = path does not need it");
    };
  }
}
