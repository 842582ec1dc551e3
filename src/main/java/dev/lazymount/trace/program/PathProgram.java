package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The path program: looks at the paths that processes spell. Works wherever bpftrace does; what it
 * can't see is at the head of {@code path.bt}.
 */
public final class PathProgram implements TraceProgram.Factory {
  /** What it is called in the settings. */
  public static final String NAME = "path";

  private static final List<String> CALLS =
      List.of("openat", "openat2", "open", "execve", "execveat");

  /**
   * Two strings and the rest have to fit into the 512 bytes of stack that the kernel allows a
   * program: 200 was measured to work, with bpftrace 0.17.
   */
  private static final int STRING_LENGTH = 192;

  private final Settings settings;
  private final Path tracefs;

  /**
   * The path program for a root.
   *
   * @param settings the root and what to ignore
   * @param tracefs where tracefs is mounted, such as {@code /sys/kernel/tracing}
   */
  public PathProgram(Settings settings, Path tracefs) {
    this.settings = settings;
    this.tracefs = tracefs;
  }

  @Override
  public TraceProgram next() {
    String mark = Secret.mark();
    String prefix = settings.root() + "/";
    String source =
        Template.of("path.bt")
            .each(tracefs.resolve("events/syscalls"), "sys_enter_", CALLS)
            .put("MARK", mark)
            .put("ROOT", prefix)
            .put("LENGTH", prefix.getBytes(StandardCharsets.UTF_8).length)
            .put("WINDOW", settings.trace().window().toMillis())
            .put("QUIET", Template.quiet(settings.trace().window()))
            .put("LIMIT", Template.mostHeld(settings.trace().maxKeys()))
            .put("SHARE", Template.share(settings.trace().maxKeys()))
            .put("IGNORED", Template.notNamed(settings.trace().ignoreComms()))
            .text();
    Canary canary = new PathCanary(settings.root());
    return new TraceProgram(NAME, source, mark, STRING_LENGTH, canary, null);
  }
}
