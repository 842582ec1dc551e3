package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The path program: looks at the paths that processes spell. Works wherever bpftrace does; what it
 * can't see is at the head of {@code path.bt}.
 */
public final class PathProgram implements TraceProgram.Factory {
  /** What it is called in the settings. */
  public static final String NAME = "path";

  /** Each of these that the kernel has gets a probe; a probe that does not exist is fatal. */
  private static final List<String> CALLS =
      List.of("openat", "openat2", "open", "execve", "execveat");

  private static final String BEGIN = "@EACH_CALL@\n";
  private static final String END = "@END_EACH_CALL@\n";

  private final Settings settings;
  private final Path events;
  private final SecureRandom random = new SecureRandom();

  /**
   * The path program for a root.
   *
   * @param settings the root and what to ignore
   * @param tracefs where tracefs is mounted, such as {@code /sys/kernel/tracing}
   */
  public PathProgram(Settings settings, Path tracefs) {
    this.settings = settings;
    this.events = tracefs.resolve("events/syscalls");
  }

  @Override
  public TraceProgram next() {
    List<String> calls =
        CALLS.stream().filter(call -> Files.exists(events.resolve("sys_enter_" + call))).toList();
    if (calls.isEmpty()) {
      throw new TraceFailure(
          "no system call tracepoints in "
              + events
              + "; is tracefs mounted? (mount -t tracefs tracefs /sys/kernel/tracing)");
    }
    byte[] secret = new byte[8];
    random.nextBytes(secret);
    String mark = HexFormat.of().formatHex(secret);
    return new TraceProgram(NAME, complete(template(), calls, mark), mark);
  }

  private String complete(String template, List<String> calls, String mark) {
    int begin = template.indexOf(BEGIN);
    int end = template.indexOf(END);
    String block = template.substring(begin + BEGIN.length(), end);
    String probes =
        calls.stream().map(call -> block.replace("@CALL@", call)).collect(Collectors.joining("\n"));
    String prefix = settings.root() + "/";
    String ignored =
        settings.trace().ignoreComms().stream()
            .map(comm -> " && comm != \"" + comm + "\"")
            .collect(Collectors.joining());
    // The comment at the head names the placeholders; it is for people and stays here.
    return (probes + template.substring(end + END.length()))
        .replace("@MARK@", mark)
        .replace("@ROOT@", prefix)
        .replace("@LENGTH@", Integer.toString(prefix.getBytes(StandardCharsets.UTF_8).length))
        .replace("@WINDOW@", Long.toString(settings.trace().window().toMillis()))
        .replace("@IGNORED@", ignored);
  }

  private static String template() {
    try (InputStream in = PathProgram.class.getResourceAsStream("path.bt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
