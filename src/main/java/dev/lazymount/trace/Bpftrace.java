package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import dev.lazymount.trace.program.BpftraceVersion;
import dev.lazymount.trace.program.InstalledBpftrace;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The bpftrace process.
 *
 * <p>It never outlives the daemon, not even after kill -9 of the daemon, by two mechanisms:
 *
 * <ol>
 *   <li>{@code setpriv --pdeathsig KILL} (util-linux): the kernel kills it when its parent dies.
 *       The kernel means the parent <em>thread</em> (prctl(2), PR_SET_PDEATHSIG), so one thread
 *       that lives as long as the daemon starts all of them.
 *   <li>The program prints a tick every few windows. With no reader left, that write fails, and
 *       bpftrace ends. This covers two cases that the first does not: a wrapper that has bpftrace
 *       as a child instead of being replaced by it, and a daemon killed before setpriv ran.
 * </ol>
 *
 * <p>The program is passed on standard input and not by {@code -e}, which every user could read in
 * /proc: its mark is a secret. bpftrace is always ended by SIGKILL: everything that it holds in the
 * kernel belongs to its descriptors, and on SIGINT it would print its maps first.
 */
public final class Bpftrace implements TraceProcess {
  /** Starts all processes; lives as long as the daemon, see above. */
  private static final ExecutorService SPAWNER =
      Executors.newSingleThreadExecutor(
          run -> {
            Thread thread = new Thread(run, "trace-spawner");
            thread.setDaemon(true);
            return thread;
          });

  private static final Pattern MISSES = Pattern.compile("recursion_misses:\\s*(\\d{1,18})");

  private final Process process;

  private Bpftrace(Process process) {
    this.process = process;
  }

  /** Starts the bpftrace of these settings. */
  public static Launcher launcher(Settings settings) {
    return program -> launch(settings, program);
  }

  /** The file of a command; see {@link InstalledBpftrace#find}. */
  public static Optional<Path> find(String command) {
    return InstalledBpftrace.find(command);
  }

  private static TraceProcess launch(Settings settings, TraceProgram program) {
    Path bpftrace = new InstalledBpftrace(settings.trace().bpftrace()).file();
    List<String> command = new ArrayList<>();
    find("setpriv")
        .ifPresent(setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "KILL")));
    command.addAll(List.of(bpftrace.toString(), "-"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeAll(InstalledBpftrace.OURS);
    builder
        .environment()
        .putAll(
            BpftraceVersion.environment(
                program.stringLength(), settings.trace().maxKeys(), settings.trace().perfPages()));
    CompletableFuture<Process> started =
        CompletableFuture.supplyAsync(() -> start(builder), SPAWNER);
    try {
      Process process = started.get();
      feed(process, program.source());
      return new Bpftrace(process);
    } catch (InterruptedException e) {
      // It may start all the same, and no one would end it.
      CompletableFuture<Void> unused = started.thenAccept(Process::destroyForcibly);
      Thread.currentThread().interrupt();
      throw new TraceFailure("interrupted while starting " + bpftrace);
    } catch (ExecutionException e) {
      throw new TraceFailure("can't start " + bpftrace + ": " + e.getCause().getMessage());
    }
  }

  private static Process start(ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      throw new TraceFailure(e.getMessage());
    }
  }

  private static void feed(Process process, String source) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(source.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It has ended already; its exit status and standard error say why.
    }
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public InputStream output() {
    return process.getInputStream();
  }

  @Override
  public InputStream errors() {
    return process.getErrorStream();
  }

  @Override
  public CompletionStage<Integer> exit() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /** From /proc/PID/fdinfo, which has a line for each program that the process holds. */
  @Override
  public long misses() {
    long misses = 0;
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid()), "fdinfo"))) {
      for (Path file : files) {
        misses += misses(file);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It has ended.
    }
    return misses;
  }

  private static long misses(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(MISSES::matcher)
          .filter(Matcher::matches)
          .mapToLong(m -> Long.parseLong(m.group(1)))
          .sum();
    } catch (IOException | UncheckedIOException e) {
      // The descriptor was closed meanwhile.
      return 0;
    }
  }

  @Override
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
