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
      List.of("openat", "openat2", "open", "creat", "execve", "execveat");

  /** The flags that the program reads of the argument of openat2. */
  private static final String STRUCTS =
      """
      struct lm_open_how { unsigned long flags; };
      struct lm_word { union { unsigned long all; unsigned char first; }; };
      """;

  /** The call with which compilers open headers; the others are not worth the time to compile. */
  private static final String BY_DIRECTORY = "openat";

  private static final int USE = 1;
  private static final int WRITE = 2;

  /** O_ACCMODE, O_CREAT and O_TRUNC, which are the same on amd64 and arm64. */
  private static final String WRITES = "0x243";

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
    Template template = Template.of("path.bt");
    String directory = directory(template.cut("DIRECTORY"), prefixLength, length);
    String source =
        template
            .each(
                tracefs.resolve("events/syscalls"),
                "sys_enter_",
                CALLS,
                (call, block) -> {
                  String pointer = "args->" + (call.equals("creat") ? "pathname" : "filename");
                  boolean byDirectory = call.equals(BY_DIRECTORY);
                  return block
                      .replace("  @DIRECTORY@\n", byDirectory ? directory : "")
                      .replace("@SEEN@", byDirectory ? "@seen[$key]" : "@seen_paths[@PATH@]")
                      .replace("@POINTER@", pointer)
                      .replace(
                          "@UNDER_ROOT@", BpftraceVersion.beginsWith(pointer, prefix, prefixLength))
                      .replace("@PATH@", BpftraceVersion.string(pointer, length))
                      .replace("@KIND@", kind(call));
                })
            .put("MARK", mark)
            .put("WINDOW", settings.trace().window().toMillis())
            .put("IDLE", Template.idleWindows(settings.trace().window()))
            .put("LIMIT", Template.mostStored(settings.trace().maxKeys()))
            .put("SHARE", Template.share(settings.trace().maxKeys()))
            .put("IGNORED", Template.notNamed(settings.trace().ignoreComms()))
            .text();
    Canary canary = new PathCanary(settings.root());
    return new TraceProgram(ProgramName.PATH, STRUCTS + source, mark, length, canary, null);
  }

  /**
   * The statements that compute the key of a path's directory.
   *
   * @param root bytes of the root with its slash; those behind them count
   * @param path the longest path, bytes
   */
  private static String directory(String text, int root, int path) {
    int first = root / Long.BYTES;
    int hidden = root % Long.BYTES;
    return text.replace("@FIRST@", Integer.toString(first))
        .replace("@FILL@", Long.toString((1L << (hidden * Byte.SIZE)) - 1))
        .replace("@WORDS@", Integer.toString(path / Long.BYTES - first))
        .replace("@SEED@", Long.toString(Secret.number()))
        .replace("@FACTOR@", Long.toString(Secret.number() | 1));
  }

  /** Whether a call is a use or a write, in bpftrace's language. */
  private static String kind(String call) {
    return switch (call) {
      case "open", "openat" -> kindByFlags("args->flags");
      case "openat2" -> kindByFlags("((struct lm_open_how *)args->how)->flags");
      case "creat" -> Integer.toString(WRITE);
      default -> Integer.toString(USE);
    };
  }

  private static String kindByFlags(String flags) {
    return "(" + flags + " & " + WRITES + ") == 0 ? " + USE + " : " + WRITE;
  }
}
