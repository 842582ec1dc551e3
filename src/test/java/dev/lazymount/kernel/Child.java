package dev.lazymount.kernel;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Processes that the tests start. The kernel kills each when this JVM dies, however it dies
 * (prctl(2), PR_SET_PDEATHSIG); because that means the thread that started it, one thread that
 * never ends starts all of them.
 */
public final class Child {
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

  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          run -> {
            Thread thread = new Thread(run, "child-starter");
            thread.setDaemon(true);
            return thread;
          });

  private Child() {}

  /** Runs a command to its end; standard error goes with standard output. */
  public static Result run(String... command) {
    return run("", List.of(command));
  }

  /** Runs a command to its end. */
  public static Result run(String input, List<String> command) {
    try {
      Process process = start(new ProcessBuilder(command).redirectErrorStream(true));
      try (OutputStream in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      byte[] out = process.getInputStream().readAllBytes();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " did not end");
      }
      return new Result(process.exitValue(), new String(out, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
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
