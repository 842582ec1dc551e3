package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Doctor.Check;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The kernel and what it offers. */
final class MachineChecks {
  private static final int JAVA = 17;
  private static final KernelVersion BENEATH = new KernelVersion(6, 5);
  private static final Path BTF = Path.of("/sys/kernel/btf/vmlinux");
  private static final Path LOCKDOWN = Path.of("/sys/kernel/security/lockdown");

  private MachineChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        Check.of("user", MachineChecks::user),
        Check.of("java", MachineChecks::java),
        Check.of("kernel", MachineChecks::kernel),
        Check.of("lockdown", MachineChecks::lockdown),
        Check.of("btf", () -> btf(settings.trace().program())));
  }

  private static Finding user() {
    return User.isRoot()
        ? Finding.ok("user", "root")
        : Finding.fail(
            "user", "not root: tracing and mounting need it", "run this and the daemon as root");
  }

  private static Finding java() {
    int version = Runtime.version().feature();
    String what = "Java " + Runtime.version() + " in " + System.getProperty("java.home");
    return version >= JAVA
        ? Finding.ok("java", what)
        : Finding.fail("java", what, "install Java 17 or newer");
  }

  private static Finding kernel() {
    KernelVersion running = KernelVersion.running();
    String what = "Linux " + System.getProperty("os.version");
    if (running.compareTo(KernelVersion.MINIMUM) < 0) {
      return Finding.fail("kernel", what + " is too old", "boot 5.8 or newer");
    }
    return running.compareTo(BENEATH) < 0
        ? Finding.warn(
            "kernel",
            what + ": the original shows for an instant when a replaced image is swapped",
            "boot 6.5 or newer, if that matters")
        : Finding.ok("kernel", what);
  }

  /** The one in brackets is in force: {@code none [integrity] confidentiality}. */
  private static Finding lockdown() throws IOException {
    if (!Files.exists(LOCKDOWN)) {
      return Finding.ok("lockdown", "not shown by this kernel, and so not in force");
    }
    String modes = Files.readString(LOCKDOWN).strip();
    return modes.contains("[confidentiality]")
        ? Finding.fail(
            "lockdown",
            "confidentiality: BPF programs may not read kernel memory, so that nothing is traced",
            "boot with lockdown=integrity, or without")
        : Finding.ok("lockdown", modes);
  }

  private static Finding btf(Settings.Program program) {
    if (Files.isReadable(BTF)) {
      return Finding.ok("btf", BTF + " is there: the resolved program can be tried");
    }
    String what = BTF + " is missing: no resolved program, relative paths are not seen";
    String mend = "boot a kernel with CONFIG_DEBUG_INFO_BTF";
    return switch (program) {
      case RESOLVED -> Finding.fail("btf", what, mend + ", or set trace.program = auto");
      case AUTO -> Finding.warn("btf", what, mend);
      case PATH -> Finding.ok("btf", "missing, and not needed by trace.program = path");
    };
  }
}
