package dev.lazymount.trace;

import dev.lazymount.kernel.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** src/test/c/opener.c, compiled: a process that opens files in any way there is. */
final class Opener {
  private final Path program;

  private Opener(Path program) {
    this.program = program;
  }

  /** Compiles it into a folder, as a program that needs no library. */
  static Opener compile(Path folder) {
    Path program = folder.resolve("opener");
    cc("-O2", "-static", "-o", program.toString(), "src/test/c/opener.c");
    return new Opener(program);
  }

  /** Runs the C compiler. */
  static void cc(String... arguments) {
    List<String> command = new ArrayList<>(List.of("gcc", "-Wall"));
    command.addAll(List.of(arguments));
    ChildProcess.run("", command).orFail();
  }

  /** The compiled program. */
  Path program() {
    return program;
  }

  /** Opens in one way; it has to succeed. */
  void open(String way, Object... arguments) {
    ChildProcess.run("", command(way, arguments)).orFail();
  }

  /** A process that opens until it is closed. */
  Running start(String way, Object... arguments) throws IOException {
    Path output = Files.createTempFile(program.getParent(), "opener-", ".log");
    return new Running(ChildProcess.start(command(way, arguments), Map.of(), output), output);
  }

  private List<String> command(String way, Object... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString(), way));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return command;
  }

  /** One that runs. */
  static final class Running implements AutoCloseable {
    private final Process process;
    private final Path output;

    private Running(Process process, Path output) {
      this.process = process;
      this.output = output;
    }

    /** Its process id. */
    long pid() {
      return process.pid();
    }

    /** Whether it runs. */
    boolean isAlive() {
      return process.isAlive();
    }

    /** Waits until it has done what it had to. */
    void awaitEnd() throws IOException {
      try {
        if (!process.waitFor(100, TimeUnit.SECONDS) || process.exitValue() != 0) {
          throw new AssertionError("the opener failed: " + Files.readString(output));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }

    /** Ends it, if it has not ended; fails if it had ended by itself with an error. */
    @Override
    public void close() throws IOException {
      boolean failed = !process.isAlive() && process.exitValue() != 0;
      process.destroyForcibly();
      process.onExit().join();
      String said = Files.readString(output);
      Files.delete(output);
      if (failed) {
        throw new AssertionError("the opener failed: " + said);
      }
    }
  }
}
