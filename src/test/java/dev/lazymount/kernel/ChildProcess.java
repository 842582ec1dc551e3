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
 * Starts the child processes of the tests. The kernel kills each of them when this JVM dies
 * (prctl(2), PR_SET_PDEATHSIG). The signal follows the thread that started the child, so one thread
 * that never ends starts all of them.
 */
public final class ChildProcess {
  /** The output and the exit status of a process. */
  public record Result(int status, String out) {
    /** The output; fails unless the status is 0. */
    public String orFail() {
      if (status != 0) {
        throw new AssertionError("ended with status " + status + ": " + out);
      }
      return out;
    }
  }

  /** Longer than any command takes on a busy machine, and shorter than the time-out of a test. */
  private static final Duration BOUND = Duration.ofSeconds(60);

  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(run -> daemon(run, "child-starter"));

  /** Write to and read from running processes; a process that hangs keeps its thread. */
  private static final ExecutorService TALKERS =
      Executors.newCachedThreadPool(run -> daemon(run, "child-talker"));

  private ChildProcess() {}

  private static Thread daemon(Runnable run, String name) {
    Thread thread = new Thread(run, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Runs a command to its end; standard error is part of the output. */
  public static Result run(String... command) {
    return run("", List.of(command));
  }

  /** Runs a command to its end, within {@link #BOUND}. */
  public static Result run(String input, List<String> command) {
    return run(input, command, Map.of());
  }

  /** Runs a command to its end, with these variables added to its environment. */
  static Result run(String input, List<String> command, Map<String, String> environment) {
    return run(input, command, environment, BOUND);
  }

  /**
   * Runs a command to its end. A command that hangs is killed and fails the test; one that can't be
   * killed, because it waits in the kernel, is left behind.
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
    // A read of a pipe can't be interrupted, and its other end may never be closed.
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
    // Otherwise it is closed some time later, and looks like a leaked descriptor until then.
    try (InputStream out = process.getInputStream()) {
      said = out.readAllBytes();
    }
    return new Result(process.waitFor(), new String(said, StandardCharsets.UTF_8));
  }

  /** Kills the process and its descendants, which may have its output open. */
  private static void kill(Process process) {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
  }

  /** Starts a command whose output goes to a file. */
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

  /** Reads a file in a child process: {@code cat}. */
  public static String cat(Path file) {
    return run("cat", file.toString()).orFail();
  }
}
