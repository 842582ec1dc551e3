package dev.lazymount.doctor;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Doctor.Check;
import dev.lazymount.linux.TimedCall;
import dev.lazymount.status.ProgramName;
import dev.lazymount.text.Humanize;
import dev.lazymount.trace.Bpftrace;
import dev.lazymount.trace.TraceTrial;
import dev.lazymount.trace.program.BpftraceVersion;
import dev.lazymount.trace.program.TraceProgram;
import dev.lazymount.trace.program.TracePrograms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Whether accesses can be seen: what that takes, and one that really is. */
final class TraceChecks {
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
    BpftraceVersion version = BpftraceVersion.parse(said);
    if (version.equals(BpftraceVersion.UNKNOWN)) {
      return Finding.warn(
          "bpftrace",
          file.get() + " does not report its version",
          "run " + file.get() + " --version");
    }
    return version
        .refusal()
        .map(
            why ->
                Finding.fail(
                    "bpftrace",
                    file.get() + ": " + why,
                    "install bpftrace " + BpftraceVersion.OLDEST + " or newer"))
        .orElseGet(
            () ->
                Finding.ok("bpftrace", file.get() + ", version " + said.replace("bpftrace ", "")));
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
    if (result instanceof TraceTrial.Result.NotSeen notSeen) {
      return Finding.fail(
          "traced access",
          notSeen.reason(),
          "mend what is above this; then lazymount trace shows more");
    }
    if (result instanceof TraceTrial.Result.SeenByFallback seen) {
      return Finding.warn(
          "traced access",
          seen(seen.program(), seen.millis()) + "; " + seen.note(),
          "relative paths are not seen");
    }
    TraceTrial.Result.Seen seen = (TraceTrial.Result.Seen) result;
    return Finding.ok("traced access", seen(seen.program(), seen.millis()));
  }

  private static String seen(ProgramName program, double millis) {
    return "seen by the "
        + program
        + " program, "
        + Humanize.millis(millis)
        + " after the start of bpftrace";
  }

  /** The daemon's program depends on the names there are. */
  private static Catalog images(Settings settings) throws InterruptedException {
    try {
      return TimedCall.on(
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
