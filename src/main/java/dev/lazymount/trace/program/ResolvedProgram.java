package dev.lazymount.trace.program;

import dev.lazymount.status.ProgramName;
import java.nio.file.Path;
import java.util.List;

/**
 * The resolved program: inspects the files that the kernel has opened, at the end of the system
 * call. Needs the kernel's type information (BTF); its blind spots are listed in {@code
 * resolved.bt}.
 */
public final class ResolvedProgram implements TraceProgram.Factory {
  private static final List<String> CALLS =
      List.of("openat", "openat2", "open", "creat", "open_by_handle_at");

  private static final Walk.OpenedFile FILE =
      new Walk.OpenedFile(
          Walk.IDENTITY_OF_ENTRY,
          "",
          "$file->mode",
          "$entry->inode->mode",
          "$entry->super->magic",
          Walk.USE_OR_WRITE);

  private final Walk walk;
  private final Path tracefs;

  /**
   * The resolved program for a root.
   *
   * @param walk from a file up to the root
   * @param tracefs where tracefs is mounted, such as {@code /sys/kernel/tracing}
   */
  public ResolvedProgram(Walk walk, Path tracefs) {
    this.walk = walk;
    this.tracefs = tracefs;
  }

  @Override
  public TraceProgram next() {
    Template template = Template.of("resolved.bt").append("walk.bt");
    String text = template.cut("WALK").stripTrailing();
    // Before anything else is filled in, because the walk has placeholders of its own.
    template.put("WALK_EXEC", text.replace("@CALL@", "exec")).put("WALK", text);
    template.each(tracefs.resolve("events/syscalls"), "sys_exit_", CALLS);
    return walk.complete(ProgramName.RESOLVED, template, FILE);
  }
}
