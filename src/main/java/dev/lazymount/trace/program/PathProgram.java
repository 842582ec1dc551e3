package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import dev.lazymount.status.ProgramName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * The path program: compares the paths that processes pass to the kernel. Works wherever bpftrace
 * does; its blind spots are listed in {@code path.bt}.
 */
public final class PathProgram implements TraceProgram.Factory {
  private static final List<String> CALLS =
      List.of("openat", "openat2", "open", "execve", "execveat");

  private final Settings settings;
  private final Path tracefs;
  private final Supplier<BpftraceVersion> bpftrace;

  /**
   * The path program for a root.
   *
   * @param settings the root and the names to ignore
   * @param tracefs where tracefs is mounted, such as {@code /sys/kernel/tracing}
   * @param bpftrace the version to write it for; may throw {@link TraceFailure.NoBpftrace}
   */
  public PathProgram(Settings settings, Path tracefs, Supplier<BpftraceVersion> bpftrace) {
    this.settings = settings;
    this.tracefs = tracefs;
    this.bpftrace = bpftrace;
  }

  @Override
  public TraceProgram next() {
    int length = bpftrace.get().pathLength();
    String mark = Secret.mark();
    String prefix = settings.root() + "/";
    int prefixLength = prefix.getBytes(StandardCharsets.UTF_8).length;
    String pointer = "args->filename";
    String source =
        Template.of("path.bt")
            .each(tracefs.resolve("events/syscalls"), "sys_enter_", CALLS)
            .put("MARK", mark)
            .put("UNDER_ROOT", BpftraceVersion.beginsWith(pointer, prefix, prefixLength))
            .put("PATH", BpftraceVersion.string(pointer, length))
            .put("WINDOW", settings.trace().window().toMillis())
            .put("IDLE", Template.idleWindows(settings.trace().window()))
            .put("LIMIT", Template.mostStored(settings.trace().maxKeys()))
            .put("SHARE", Template.share(settings.trace().maxKeys()))
            .put("IGNORED", Template.notNamed(settings.trace().ignoreComms()))
            .text();
    Canary canary = new PathCanary(settings.root());
    return new TraceProgram(ProgramName.PATH, source, mark, length, canary, null);
  }
}
