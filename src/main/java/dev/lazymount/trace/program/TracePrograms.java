package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.HookedProgram.Probe;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** The trace program that the settings select. */
public final class TracePrograms {
  /** Where tracefs is mounted, from Linux 4.1 on. */
  public static final Path TRACEFS = Path.of("/sys/kernel/tracing");

  private TracePrograms() {}

  /**
   * The program of the setting {@code trace.program}.
   *
   * @param settings the root and the settings of the trace
   * @param deepest number of components of the deepest name of an image; 0 if not known yet
   * @param longest bytes of the longest component of a name
   */
  public static TraceProgram.Factory of(
      Settings settings, IntSupplier deepest, IntSupplier longest) {
    InstalledBpftrace bpftrace = new InstalledBpftrace(settings.trace().bpftrace());
    Walk walk = new Walk(settings, deepest, longest, bpftrace::version);
    ResolvedProgram resolved = new ResolvedProgram(walk, TRACEFS);
    PathProgram path = new PathProgram(settings, TRACEFS, bpftrace::version);
    return switch (settings.trace().program()) {
      case AUTO ->
          new AutoProgram(
              List.of(
                  hooked(Probe.FENTRY, walk),
                  hooked(Probe.KPROBE, walk),
                  Map.entry(ProgramName.RESOLVED, resolved),
                  Map.entry(ProgramName.PATH, path)));
      case HOOKED -> hooked(walk);
      case RESOLVED -> resolved;
      case PATH -> path;
    };
  }

  /** The hooked program, by whichever probe works. */
  public static TraceProgram.Factory hooked(Walk walk) {
    return new AutoProgram(List.of(hooked(Probe.FENTRY, walk), hooked(Probe.KPROBE, walk)));
  }

  private static Map.Entry<ProgramName, TraceProgram.Factory> hooked(Probe probe, Walk walk) {
    return Map.entry(
        ProgramName.HOOKED, new HookedProgram(probe, walk, HookSupport.ofThisKernel()));
  }

  /**
   * Begins to read the kernel's types, what it permits and the version of bpftrace in the
   * background, so that the first run need not wait for them. A failure occurs again, and is
   * reported, when they are used.
   */
  public static void prepare(Settings settings) {
    InstalledBpftrace bpftrace = new InstalledBpftrace(settings.trace().bpftrace());
    start("bpftrace-version", bpftrace::version);
    switch (settings.trace().program()) {
      case AUTO, HOOKED ->
          start(
              "kernel-types",
              () -> {
                KernelStructs.definitions();
                HookSupport.ofThisKernel().whyNot(Probe.FENTRY);
              });
      case RESOLVED -> start("kernel-types", KernelStructs::definitions);
      case PATH -> {}
    }
  }

  private static void start(String name, Runnable read) {
    Thread reader =
        new Thread(
            () -> {
              try {
                read.run();
              } catch (TraceFailure e) {
                // Reported when a program is made.
              }
            },
            name);
    reader.setDaemon(true);
    reader.start();
  }
}
