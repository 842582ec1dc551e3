package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import java.nio.file.Path;
import java.util.function.IntSupplier;

/** The trace programs that the settings ask for, on the running kernel. */
public final class TracePrograms {
  /** Where tracefs is since Linux 4.1. */
  public static final Path TRACEFS = Path.of("/sys/kernel/tracing");

  private TracePrograms() {}

  /**
   * As trace.program says.
   *
   * @param settings the root and the trace's settings
   * @param deepest how many components the deepest name of an image has; 0 if that is not known yet
   * @param longest how many bytes the longest component of a name has
   */
  public static TraceProgram.Factory of(
      Settings settings, IntSupplier deepest, IntSupplier longest) {
    PathProgram path = new PathProgram(settings, TRACEFS);
    ResolvedProgram resolved = new ResolvedProgram(settings, TRACEFS, deepest, longest);
    return switch (settings.trace().program()) {
      case AUTO -> new AutoProgram(resolved, path);
      case PATH -> path;
      case RESOLVED -> resolved;
    };
  }
}
