package dev.lazymount.bench;

import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of our own with all that a benchmark makes: processes, mounts, loop devices, files.
 * {@link #close} undoes all of it, whenever it is called and by whichever thread; from then on no
 * process can be started, so that work still under way fails.
 */
final class Workspace implements AutoCloseable {
  /** No daemon takes longer to end. */
  private static final long END_SECONDS = 6;

  private final Path folder;
  private final Path sources;
  private final Set<Process> processes = new LinkedHashSet<>();

  /** Held while all is undone. */
  private final Object undoing = new Object();

  private boolean closed;

  /**
   * A new workspace.
   *
   * @param parent on a local disk
   * @param sources src/bench
   */
  Workspace(Path parent, Path sources) throws IOException, InterruptedException {
    this.sources = sources;
    folder = Files.createTempDirectory(parent, "lazymount-bench-").toRealPath();
    try {
      compile("floor");
      compile("opener");
      compile("opencost");
      compile("storm");
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The folder; it vanishes in the end. */
  Path folder() {
    return folder;
  }

  /** A file of src/bench. */
  Path source(String path) {
    return sources.resolve(path).toAbsolutePath();
  }

  /** Runs src/bench/c/NAME.c with these words and this input, and returns the lines it printed. */
  List<String> c(String name, List<String> input, String... words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program(name).toString()));
    Collections.addAll(command, words);
    return run(command, input);
  }

  /** Runs a command to its end and returns the lines it printed. */
  List<String> run(List<String> command, List<String> input)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile(folder, "errors-", ".log");
    Process process = started(new ProcessBuilder(command).redirectError(errors.toFile()));
    // The input fits into a pipe or the command reads before it prints much; either way neither
    // waits for the other.
    try (OutputStream in = process.getOutputStream()) {
      in.write(lines(input));
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    ended(process);
    if (status != 0) {
      String said = Files.readString(errors).strip();
      throw new IOException(command.get(0) + " ended with status " + status + ": " + said);
    }
    Files.delete(errors);
    return output.lines().toList();
  }

  /** Starts a command that goes on; its output goes to a log. */
  Process start(List<String> command, Path log) throws IOException {
    return started(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
  }

  /** Starts a command that goes on; its output is the caller's to read, and includes complaints. */
  Process startPiped(List<String> command) throws IOException {
    return started(new ProcessBuilder(command).redirectErrorStream(true));
  }

  /** Ends a process, and whatever it has started: told first, killed later. */
  void end(Process process) throws InterruptedException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    children.forEach(ProcessHandle::destroyForcibly);
    ended(process);
  }

  /**
   * Unmounts all of these directories, and removes the loop devices that are free then, but for
   * those that the kernel makes at boot: on a node that runs, a mount finds no free device and has
   * to wait for a new one.
   */
  void unmount(List<String> directories) throws IOException, InterruptedException {
    c("floor", directories, "unmount");
    c("floor", List.of(), "forget", firstLaterLoop());
  }

  /** All is undone when it returns, also if another thread undoes it. */
  @Override
  public void close() {
    synchronized (undoing) {
      List<Process> running;
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
        running = new ArrayList<>(processes);
      }
      // A daemon ends before the storage that it uses.
      Collections.reverse(running);
      undo(running);
    }
  }

  private void undo(List<Process> running) {
    try {
      for (Process process : running) {
        end(process);
      }
      unmountAll();
      if (mounted().isEmpty()) {
        delete();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | UncheckedIOException e) {
      System.err.println("bench: cleaning up " + folder + ": " + e);
    }
  }

  private synchronized Process started(ProcessBuilder builder) throws IOException {
    if (closed) {
      throw new IOException("the benchmark is ending");
    }
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private synchronized void ended(Process process) {
    processes.remove(process);
  }

  /** What src/bench/c/NAME.c was compiled to. */
  Path program(String name) {
    return folder.resolve(name + ".bin");
  }

  /** Compiles src/bench/c/NAME.c with these flags, to {@link #program}. */
  void compile(String name, String... flags) throws IOException, InterruptedException {
    String source = source("c/" + name + ".c").toString();
    List<String> command =
        new ArrayList<>(List.of("cc", "-O2", "-Wall", "-o", program(name).toString(), source));
    Collections.addAll(command, flags);
    run(command, List.of());
  }

  private void unmountAll() throws IOException, InterruptedException {
    Path floor = program("floor");
    if (!Files.exists(floor)) {
      return;
    }
    last(floor, mounted(), "unmount");
    for (String busy : mounted()) {
      try {
        Mounts.detach(busy);
      } catch (SyscallException e) {
        System.err.println("bench: " + e.getMessage());
      }
    }
    last(floor, List.of(), "forget", firstLaterLoop());
  }

  /** The last processes are ours to start, closed or not. */
  private static void last(Path floor, List<String> input, String... words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(floor.toString()));
    Collections.addAll(command, words);
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(lines(input));
    }
    process.waitFor();
  }

  /** What is mounted in here, the newest first. */
  private List<String> mounted() throws IOException {
    List<String> targets =
        MountInfo.read().stream()
            .map(MountInfo::target)
            .filter(target -> Path.of(target).startsWith(folder))
            .collect(Collectors.toList());
    Collections.reverse(targets);
    return targets;
  }

  private void delete() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static byte[] lines(List<String> lines) {
    return lines.stream()
        .map(line -> line + "\n")
        .collect(Collectors.joining())
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The number of the first loop device that is not there from boot on. */
  private static String firstLaterLoop() throws IOException {
    return Files.readString(Path.of("/sys/module/loop/parameters/max_loop")).strip();
  }
}
