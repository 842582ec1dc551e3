package dev.lazymount.doctor;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Doctor.Check;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.TimedCall;
import dev.lazymount.text.Humanize;
import dev.lazymount.trace.Bpftrace;
import dev.lazymount.trace.TraceTrial;
import dev.lazymount.trace.program.TraceProgram;
import dev.lazymount.trace.program.TracePrograms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether accesses can be seen: what that takes, and one that really is. */
final class TraceChecks {
  private static final KernelVersion OLDEST_TRIED = new KernelVersion(0, 17);
  private static final Pattern VERSION = Pattern.compile("v?(\\d+\\.\\d+)[.\\w-]*");

  /** bpftrace compiles its program, on a busy machine for a long time; and there may be two. */
  private static final Duration TRIAL = Duration.ofSeconds(30);

  /** Then the trial goes on without the images' names; the check of the images says why. */
  private static final Duration SCAN = Duration.ofSeconds(5);

  private TraceChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        Check.of("tracefs", TraceChecks::tracefs),
        new Check(
            "bpftrace",
            Duration.ofSeconds(10),
            "bpftrace --version should answer at once",
            () -> bpftrace(settings)),
        Check.of("setpriv", TraceChecks::setpriv),
        new Check(
            "traced access",
            TRIAL.multipliedBy(2).plus(SCAN).plusSeconds(5),
            "the root's storage may not answer",
            () -> trial(settings)));
  }

  private static Finding tracefs() {
    if (Files.isDirectory(TracePrograms.TRACEFS.resolve("events/syscalls/sys_enter_openat"))) {
      return Finding.ok("tracefs", TracePrograms.TRACEFS + " has the tracepoints of system calls");
    }
    return Files.isDirectory(TracePrograms.TRACEFS.resolve("events"))
        ? Finding.fail(
            "tracefs",
            "no tracepoints of system calls",
            "boot a kernel with CONFIG_FTRACE_SYSCALLS")
        : Finding.fail(
            "tracefs",
            "not mounted or not readable",
            "mount -t tracefs tracefs " + TracePrograms.TRACEFS);
  }

  private static Finding bpftrace(Settings settings) throws InterruptedException {
    String name = settings.trace().bpftrace();
    Optional<Path> file = Bpftrace.find(name);
    if (file.isEmpty()) {
      return Finding.fail(
          "bpftrace", "no executable file " + name, "install bpftrace, or set trace.bpftrace");
    }
    String said = Tool.says(Duration.ofSeconds(8), file.get().toString(), "--version").orElse("");
    Matcher version = VERSION.matcher(said);
    if (!version.find()) {
      return Finding.warn(
          "bpftrace",
          file.get() + " does not tell its version",
          "run " + file.get() + " --version");
    }
    String what = file.get() + ", version " + version.group();
    return KernelVersion.parse(version.group(1) + ".").compareTo(OLDEST_TRIED) < 0
        ? Finding.warn("bpftrace", what + " is older than any tried", "install 0.17 or newer")
        : Finding.ok("bpftrace", what);
  }

  private static Finding setpriv() {
    return Bpftrace.find("setpriv").isPresent()
        ? Finding.ok("setpriv", "there: bpftrace dies with the daemon")
        : Finding.warn(
            "setpriv",
            "missing: bpftrace would outlive a killed daemon by a window",
            "install util-linux");
  }

  private static Finding trial(Settings settings) throws InterruptedException {
    Catalog images = images(settings);
    TraceProgram.Factory programs =
        TracePrograms.of(settings, images::maxDepth, images::longestComponent);
    TraceTrial.Result result =
        TraceTrial.run(programs, Bpftrace.launcher(settings), settings.root().toString(), TRIAL);
    if (result.problem() != null) {
      return Finding.fail(
          "traced access",
          result.problem(),
          "mend what is above this; then lazymount trace shows more");
    }
    String what =
        "seen by the "
            + result.program()
            + " program, "
            + Humanize.millis(result.millis())
            + " after the start of bpftrace";
    return result.note() == null
        ? Finding.ok("traced access", what)
        : Finding.warn("traced access", what + "; " + result.note(), "relative paths are not seen");
  }

  /** The daemon's program depends on the names there are. */
  private static Catalog images(Settings settings) throws InterruptedException {
    try {
      return TimedCall.run(
              "doctor-images",
              SCAN,
              () ->
                  CatalogScan.scan(
                      settings.images().toString(),
                      settings.root().toString(),
                      settings.imageSuffixes(),
                      Catalog.empty()))
          .catalog();
    } catch (TimeoutException | ExecutionException e) {
      return Catalog.empty();
    }
  }
}
