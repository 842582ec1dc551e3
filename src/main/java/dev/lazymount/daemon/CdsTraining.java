package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.control.ControlClient;
import dev.lazymount.control.ControlServer;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.StatusText;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceProgram;
import dev.lazymount.trace.program.TracePrograms;
import dev.lazymount.web.WebService;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A training run of the daemon, for the class archive (AppCDS): all parts run, with a scripted
 * trace and an image that can't be mounted, so that the JVM records the classes that a real start
 * loads. Needs no privileges and leaves nothing behind.
 */
public final class CdsTraining {
  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(5);
  private static final String MARK = "0123456789abcdef";

  private CdsTraining() {}

  /**
   * Runs it, for a minute at most.
   *
   * @return what failed; empty if all parts ran
   * @throws IOException if the temporary folder can't be used
   */
  public static Optional<String> run() throws IOException {
    Path folder = Files.createTempDirectory("lazymount-training-");
    try {
      return run(folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static Optional<String> run(Path folder) throws IOException {
    Path root = Files.createDirectories(folder.resolve("root"));
    Path images = Files.createDirectories(folder.resolve("images"));
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(images.resolve("none.img"), "no image");
    Settings settings =
        SettingsLoader.load(
            Optional.empty(),
            List.of(
                "root=" + root,
                "images=" + images,
                "run-dir=" + folder.resolve("run"),
                "lock-dir=" + folder.resolve("run"),
                "state-dir=" + folder.resolve("state"),
                // The scripted access comes with each canary: one of them follows the first scan.
                "trace.canary=500ms"));
    TracePrograms.prepare(settings);
    DaemonStatus status = new DaemonStatus();
    ScriptedTrace trace = new ScriptedTrace(root);
    Instant start = Instant.now();
    ActorSystem<Supervisor.Command> system =
        Assembly.start(
            () -> settings,
            SettingsLoader.actorConfig(Optional.empty()),
            new NewestCatalog(),
            status,
            ServiceManager.from(Map.of()),
            EarlyStart.begin(
                Assembly.scanner(settings),
                new Assembly.TracePart(
                    () -> new TraceProgram(ProgramName.PATH, "", MARK, 0, trace, null),
                    program -> trace),
                status,
                root.toString()));
    try (ControlServer control =
        ControlServer.start(
            settings.runDir(), () -> StatusReport.of(status, root.toString(), start), Map.of())) {
      Instant end = start.plus(LONGEST);
      while (!(status.state() == DaemonState.READY && !status.mounts().all().isEmpty())) {
        if (Instant.now().isAfter(end)) {
          return Optional.of("the actors did not become ready");
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
      Path file = folder.resolve("application.conf");
      Files.writeString(file, "lazymount { run-dir = \"" + settings.runDir() + "\" }");
      StatusReport report =
          ControlClient.status(SettingsLoader.runDir(Optional.of(file), List.of()));
      WebService.rehearse(
          new WebService.Env(
              new InetSocketAddress(settings.metrics().port()),
              List.of(),
              status,
              () -> report,
              Optional.empty(),
              Optional.empty(),
              "training"));
      return StatusText.lines(report, StatusText.COLOURS, Instant.now()).isEmpty()
          ? Optional.of("no status")
          : Optional.empty();
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  /** Reports each canary, and with it one access. */
  private static final class ScriptedTrace implements TraceProcess, Canary {
    private final PipedOutputStream lines = new PipedOutputStream();
    private final PipedInputStream output;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final Path root;

    ScriptedTrace(Path root) throws IOException {
      this.root = root;
      this.output = new PipedInputStream(lines);
    }

    @Override
    public String token() {
      return "token";
    }

    @Override
    public void send(String token) {
      try {
        print(root + "/" + PREFIX + token);
        print(root + "/none/file");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void print(String path) throws IOException {
      String line = MARK + " 1 openat " + path + "\ttraining\t" + MARK + "\n";
      lines.write(line.getBytes(StandardCharsets.UTF_8));
      lines.flush();
    }

    @Override
    public long pid() {
      return 1;
    }

    @Override
    public InputStream output() {
      return output;
    }

    @Override
    public InputStream errors() {
      return InputStream.nullInputStream();
    }

    @Override
    public CompletionStage<Integer> exit() {
      return exit;
    }

    @Override
    public void kill() {
      try {
        lines.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
