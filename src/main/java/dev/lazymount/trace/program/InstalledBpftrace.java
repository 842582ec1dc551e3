package dev.lazymount.trace.program;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The bpftrace of the setting {@code trace.bpftrace}: where it is, and its version. Thread-safe.
 */
public final class InstalledBpftrace {
  /** The variables by which systemd knows the daemon; a child must not speak for it. */
  public static final List<String> OURS = List.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID");

  /** {@code bpftrace --version} takes 0.1 s on an idle machine. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final int MAX_OUTPUT = 1024;

  /** The newest version that was read, and the file it is of. */
  private record Known(Path file, FileTime modified, long size, BpftraceVersion version) {
    boolean isOf(Path path) throws IOException {
      return file.equals(path)
          && modified.equals(Files.getLastModifiedTime(path))
          && size == Files.size(path);
    }
  }

  private static Optional<Known> known = Optional.empty();

  private final String command;

  /** For a command to look up in PATH, or a path. */
  public InstalledBpftrace(String command) {
    this.command = command;
  }

  /**
   * The file of a command: the command itself if it is a path, else looked up in PATH.
   *
   * @return empty if it does not exist or can't be executed
   */
  public static Optional<Path> find(String command) {
    if (command.contains("/")) {
      return Optional.of(Path.of(command)).filter(Files::isExecutable);
    }
    String path =
        Optional.ofNullable(System.getenv("PATH")).orElse("/usr/sbin:/usr/bin:/sbin:/bin");
    for (String directory : path.split(File.pathSeparator, -1)) {
      Path file = Path.of(directory, command);
      if (Files.isRegularFile(file) && Files.isExecutable(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /**
   * The executable file.
   *
   * @throws TraceFailure.NoBpftrace if there is none
   */
  public Path file() {
    return find(command)
        .orElseThrow(
            () ->
                new TraceFailure.NoBpftrace(
                    "bpftrace not found: no executable file " + command + "; install bpftrace"));
  }

  /**
   * The version of a usable bpftrace. Blocks for up to 5 s, so not on a thread of an actor. A
   * version is read once, and again when the file has changed.
   *
   * @return {@link BpftraceVersion#UNKNOWN} if it does not report its version in time
   * @throws TraceFailure.NoBpftrace if there is none, or it is not supported
   */
  public BpftraceVersion version() {
    BpftraceVersion version = read(file());
    version
        .refusal()
        .ifPresent(
            why -> {
              throw new TraceFailure.NoBpftrace(why);
            });
    return version;
  }

  /** The version of this file, supported or not; {@code UNKNOWN} if it does not report it. */
  public static BpftraceVersion read(Path file) {
    return read(file, LIMIT);
  }

  /** The same with another time limit. */
  static synchronized BpftraceVersion read(Path file, Duration limit) {
    try {
      if (known.isPresent() && known.get().isOf(file)) {
        return known.get().version();
      }
      FileTime modified = Files.getLastModifiedTime(file);
      long size = Files.size(file);
      BpftraceVersion version = BpftraceVersion.parse(ask(file, limit));
      known = Optional.of(new Known(file, modified, size, version));
      return version;
    } catch (IOException e) {
      // The launch fails in the same way, and reports it.
      return BpftraceVersion.UNKNOWN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return BpftraceVersion.UNKNOWN;
    }
  }

  private static String ask(Path file, Duration limit) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(file.toString(), "--version")
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true);
    builder.environment().keySet().removeAll(OURS);
    Process process = builder.start();
    try (InputStream output = process.getInputStream()) {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return "";
      }
      // No more than is there: a child that outlives it may hold the pipe open.
      byte[] printed = output.readNBytes(Math.min(output.available(), MAX_OUTPUT));
      return new String(printed, StandardCharsets.UTF_8);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
