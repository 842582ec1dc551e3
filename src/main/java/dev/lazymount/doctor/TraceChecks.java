package dev.lazymount.doctor;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Check.NeededBy;
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

/** Checks bpftrace and the tracepoints, and whether a real access is traced. */
final class TraceChecks {
  /** For one program, which bpftrace compiles first; that is slow on a busy host. */
  private static final Duration TRIAL = Duration.ofSeconds(30);

  /** After it the trial goes on without the names of the images. */
  private static final Duration SCAN = Duration.ofSeconds(5);

  private TraceChecks() {}

  /** The checks of the tools. */
  static List<Check> tools(Settings settings) {
    Path events = TracePrograms.TRACEFS.resolve("events");
    String command = settings.trace().bpftrace();
    return List.of(
        Check.of(
            "tracefs",
            NeededBy.TRACE,
            () ->
                tracefs(
                    Files.isDirectory(events),
                    Files.isDirectory(events.resolve("syscalls/sys_enter_openat")))),
        new Check(
            "bpftrace",
            NeededBy.TRACE,
            Duration.ofSeconds(10),
            "find out why bpftrace --version does not end",
            () -> bpftrace(command)),
        Check.of("setpriv", () -> setpriv(Bpftrace.find("setpriv").isPresent())));
  }

  /** The check that traces an access. */
  static Check trial(Settings settings) {
    return new Check(
        "traced access",
        NeededBy.NEITHER,
        TRIAL.multipliedBy(4).plus(SCAN).plusSeconds(5),
        "check the file server of root: it may not respond",
        () -> runTrial(settings));
  }

  static Finding tracefs(boolean mounted, boolean syscalls) {
    Path tracefs = TracePrograms.TRACEFS;
    if (syscalls) {
      return Finding.ok("tracefs", tracefs + " has the system call tracepoints");
    }
    return mounted
        ? Finding.fail(
            "tracefs",
            tracefs + " has no system call tracepoints",
            "boot a kernel with CONFIG_FTRACE_SYSCALLS")
        : Finding.fail(
            "tracefs",
            tracefs + " is not mounted or not readable",
            "run mount -t tracefs tracefs " + tracefs);
  }

  private static Finding bpftrace(String command) throws InterruptedException {
    Optional<Path> file = Bpftrace.find(command);
    return file.isEmpty()
        ? bpftraceMissing(command)
        : bpftrace(
            file.get(), Tool.output(Duration.ofSeconds(8), file.get().toString(), "--version"));
  }

  static Finding bpftraceMissing(String command) {
    return Finding.fail(
        "bpftrace",
        "bpftrace not found: no executable file " + command,
        "install bpftrace, or set trace.bpftrace");
  }

  /** By the output of {@code bpftrace --version}; empty if that failed. */
  static Finding bpftrace(Path file, Optional<String> output) {
    String printed = output.orElse("").strip();
    BpftraceVersion version = BpftraceVersion.parse(printed);
    if (version.equals(BpftraceVersion.UNKNOWN)) {
      return Finding.warn(
          "bpftrace", file + " does not print its version", "run " + file + " --version");
    }
    return version
        .refusal()
        .map(
            why ->
                Finding.fail(
                    "bpftrace",
                    file + ": " + why,
                    "install bpftrace " + BpftraceVersion.OLDEST + " or newer"))
        .orElseGet(
            () ->
                Finding.ok(
                    "bpftrace", file + ", version " + printed.replaceFirst("^bpftrace ", "")));
  }

  static Finding setpriv(boolean there) {
    return there
        ? Finding.ok("setpriv", "found: the kernel kills bpftrace if the daemon dies")
        : Finding.warn(
            "setpriv",
            "not found: if the daemon is killed, bpftrace runs on until its next output",
            "install util-linux");
  }

  private static Finding runTrial(Settings settings) throws InterruptedException {
    Catalog images = images(settings);
    TraceProgram.Factory programs =
        TracePrograms.of(settings, images::maxDepth, images::longestComponent);
    return traced(
        TraceTrial.run(programs, Bpftrace.launcher(settings), settings.root().toString(), TRIAL));
  }

  static Finding traced(TraceTrial.Result result) {
    if (result instanceof TraceTrial.Result.NotSeen notSeen) {
      return Finding.fail(
          "traced access",
          notSeen.reason(),
          "fix the failures above first; then run lazymount trace for details");
    }
    if (result instanceof TraceTrial.Result.SeenByFallback seen
        && seen.program() == ProgramName.PATH) {
      return Finding.warn(
          "traced access",
          found(seen.program(), seen.millis())
              + ", which does not see relative paths; "
              + seen.note(),
          "fix that, or set trace.program = path to accept it");
    }
    if (result instanceof TraceTrial.Result.SeenByFallback seen) {
      return Finding.ok("traced access", found(seen.program(), seen.millis()) + "; " + seen.note());
    }
    TraceTrial.Result.Seen seen = (TraceTrial.Result.Seen) result;
    return Finding.ok("traced access", found(seen.program(), seen.millis()));
  }

  private static String found(ProgramName program, double millis) {
    return "reported by the "
        + program
        + " program, "
        + Humanize.millis(millis)
        + " after the start of bpftrace";
  }

  /** The choice of the program depends on the images' names. */
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
      // The scan check reports it.
      return Catalog.empty();
    }
  }
}
