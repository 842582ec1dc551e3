package dev.lazymount.kernel;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Processes that the tests start. The kernel kills each when this JVM dies, however it dies
 * (prctl(2), PR_SET_PDEATHSIG); because that means the thread that started it, one thread that
 * never ends starts all of them.
 */
public final class ChildProcess {
  /** What a process printed, and how it ended. */
  public record Result(int status, String out) {
    /** Its output, if it ended well. */
    public String orFail() {
      if (status != 0) {
        throw new AssertionError("ended with status " + status + ": " + out);
      }
      return out;
    }
  }

  /** Longer than any of them takes on a busy machine, and less than a test has. */
  private static final Duration BOUND = Duration.ofSeconds(60);

  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(run -> daemon(run, "child-starter"));

  /** Write to and read from those that run; one that hangs for good keeps one. */
  private static final ExecutorService TALKERS =
      Executors.newCachedThreadPool(run -> daemon(run, "child-talker"));

  private ChildProcess() {}

  private static Thread daemon(Runnable run, String name) {
    Thread thread = new Thread(run, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Runs a command to its end; standard error goes with standard output. */
  public static Result run(String... command) {
    return run("", List.of(command));
  }

  /** Runs a command to its end, for which it has {@link #BOUND}. */
  public static Result run(String input, List<String> command) {
    return run(input, command, Map.of());
  }

  /** Runs a command to its end, with this in its environment. */
  static Result run(String input, List<String> command, Map<String, String> environment) {
    return run(input, command, environment, BOUND);
  }

  /**
   * Runs a command to its end. One that hangs is killed, and fails the test; one that can't even be
   * killed, as it waits in the kernel, is left behind and fails it all the same.
   */
  static Result run(
      String input, List<String> command, Map<String, String> environment, Duration bound) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process;
    try {
      process = start(builder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // A read of a pipe can't be interrupted, and whoever has the other end may never close it.
    Future<Result> result = TALKERS.submit(() -> talk(process, input));
    try {
      return result.get(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      kill(process);
      throw new AssertionError(command + " did not end within " + bound.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      kill(process);
      throw new AssertionError(command + ": " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static Result talk(Process process, String input)
      throws IOException, InterruptedException {
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    byte[] said;
    // Left to itself it is closed some time after the end, which looks like a file that leaked.
    try (InputStream out = process.getInputStream()) {
      said = out.readAllBytes();
    }
    return new Result(process.waitFor(), new String(said, StandardCharsets.UTF_8));
  }

  /** And those that it started: they are ours, and may have its output open. */
  private static void kill(Process process) {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
  }

  /** Starts a command, its output going to a file. */
  public static Process start(List<String> command, Map<String, String> environment, Path output)
      throws IOException {
    File file = output.toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(file);
    builder.environment().putAll(environment);
    return start(builder);
  }

  private static Process start(ProcessBuilder builder) throws IOException {
    List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
    command.addAll(builder.command());
    builder.command(command);
    try {
      return STARTER.submit(builder::start).get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What {@code cat} prints of a file, in a process of its own. */
  public static String cat(Path file) {
    return run("cat", file.toString()).orFail();
  }
}
