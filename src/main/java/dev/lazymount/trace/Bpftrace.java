package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The bpftrace process.
 *
 * <p>It never outlives the daemon, not even after kill -9 of the daemon, by two mechanisms:
 *
 * <ol>
 *   <li>{@code setpriv --pdeathsig KILL} (util-linux): the kernel kills it when its parent dies.
 *       The kernel means the parent <em>thread</em> (prctl(2), PR_SET_PDEATHSIG), so that all are
 *       started by one thread that lives as long as the daemon does.
 *   <li>The program prints a tick every few windows. With no reader left, that write fails, and
 *       bpftrace ends. This covers what the first can't: a wrapper that is not replaced by bpftrace
 *       but has it as a child, and a daemon killed before setpriv got to run.
 * </ol>
 *
 * <p>The program goes to bpftrace by standard input and not by {@code -e}, which every user could
 * read in /proc: its mark is a secret. It is always ended by SIGKILL: all that it holds in the
 * kernel hangs on its descriptors, and SIGINT would make it print its maps first.
 */
public final class Bpftrace implements TraceProcess {
  /** Starts all children; never ends, see above. */
  private static final ExecutorService SPAWNER =
      Executors.newSingleThreadExecutor(
          run -> {
            Thread thread = new Thread(run, "trace-spawner");
            thread.setDaemon(true);
            return thread;
          });

  private final Process process;

  private Bpftrace(Process process) {
    this.process = process;
  }

  /** Starts bpftrace as the settings say. */
  public static Launcher launcher(Settings settings) {
    return program -> launch(settings, program);
  }

  /**
   * Where a command is: itself if it is a path, else looked for in PATH.
   *
   * @return empty if it is not there or can't be executed
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

  private static TraceProcess launch(Settings settings, TraceProgram program) {
    String name = settings.trace().bpftrace();
    Path bpftrace =
        find(name)
            .orElseThrow(
                () ->
                    new TraceFailure(
                        "bpftrace not found: no executable file " + name + "; install bpftrace"));
    List<String> command = new ArrayList<>();
    find("setpriv")
        .ifPresent(setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "KILL")));
    command.addAll(List.of(bpftrace.toString(), "-"));
    ProcessBuilder builder = new ProcessBuilder(command);
    environment(builder.environment(), settings, program.stringLength());
    try {
      Process process = SPAWNER.submit(builder::start).get();
      feed(process, program.source());
      return new Bpftrace(process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TraceFailure("interrupted while starting " + bpftrace);
    } catch (ExecutionException e) {
      throw new TraceFailure("can't start " + bpftrace + ": " + e.getCause().getMessage());
    }
  }

  private static void environment(
      Map<String, String> environment, Settings settings, int stringLength) {
    // These are between the daemon and systemd; a child that used them would speak for us.
    environment.keySet().removeAll(List.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"));
    // Each of these had another name before 0.20.
    String length = Integer.toString(stringLength);
    environment.put("BPFTRACE_STRLEN", length);
    environment.put("BPFTRACE_MAX_STRLEN", length);
    String keys = Integer.toString(settings.trace().maxKeys());
    environment.put("BPFTRACE_MAP_KEYS_MAX", keys);
    environment.put("BPFTRACE_MAX_MAP_KEYS", keys);
    environment.put("BPFTRACE_PERF_RB_PAGES", Integer.toString(settings.trace().perfPages()));
  }

  private static void feed(Process process, String source) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(source.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It has ended already; its exit status and what it complained of say why.
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

  @Override
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
