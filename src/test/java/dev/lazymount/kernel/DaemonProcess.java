package dev.lazymount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import dev.lazymount.control.ControlClient;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A daemon that runs as a child process. Waits and reads its status in this JVM. */
public final class DaemonProcess implements AutoCloseable {
  /** A JVM and bpftrace have to start, on a machine that may be busy with other things. */
  private static final Duration START = Duration.ofSeconds(30);

  /** Its heap is bounded (64 MiB), but what the JVM takes beside it should be too. */
  private static final long MOST_KILOBYTES = 192 * 1024;

  private final Site site;
  private final Process process;
  private final Path log;
  private final Path runDir;
  private boolean ended;

  private DaemonProcess(Site site, Process process, Path log, Path runDir) {
    this.site = site;
    this.process = process;
    this.log = log;
    this.runDir = runDir;
  }

  static DaemonProcess launch(
      Site site, Map<String, String> environment, Path log, List<String> settings)
      throws IOException {
    List<String> all = new ArrayList<>(site.settings());
    all.add("catalog.rescan=200ms");
    // Tests mount by an access; the second daemon of a site has nothing mounted ahead.
    all.add("warm.max=0");
    all.addAll(settings);
    Path runDir =
        all.stream()
            .filter(setting -> setting.startsWith("run-dir="))
            .map(setting -> Path.of(setting.substring("run-dir=".length())))
            .reduce((first, last) -> last)
            .orElseThrow();
    List<String> command = new ArrayList<>(List.of(launcher(), "run"));
    all.forEach(
        setting ->
            command.addAll(
                setting.startsWith("--") ? List.of(setting) : List.of("--set", setting)));
    return new DaemonProcess(site, ChildProcess.start(command, environment, log), log, runDir);
  }

  /** What {@code lazymount} is. */
  static String launcher() {
    String launcher = System.getProperty("lazymount.launcher");
    if (launcher == null) {
      throw new AssertionError("the system property lazymount.launcher is not set");
    }
    return launcher;
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** The memory it has, KB. */
  public long residentKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Whatever it had to do, it has not taken more memory than it may. */
  public void assertMemoryBounded() throws IOException {
    long kilobytes = residentKilobytes();
    assertTrue(kilobytes < MOST_KILOBYTES, kilobytes + " KB resident");
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** All it has logged. */
  public String log() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Its status now. */
  public StatusReport status() throws IOException {
    return ControlClient.status(runDir);
  }

  /** The status of one image; empty while it is not in use. */
  public Optional<StatusReport.Mount> line(String name) throws IOException {
    return status().mounts().stream().filter(mount -> mount.name().equals(name)).findFirst();
  }

  /** Waits until it is ready. */
  public void awaitReady() {
    await("ready", START, () -> status().state().equals("ready"));
  }

  /** Waits for a condition; a failure shows how the daemon is. */
  public void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    await(what, Await.PATIENCE, condition);
  }

  /** Waits for a condition; a failure shows how the daemon is. */
  public void await(
      String what, Duration patience, java.util.concurrent.Callable<Boolean> condition) {
    Await.until(what, patience, condition, this::describe);
  }

  /** Waits until it knows all image files there are. */
  public void awaitImagesKnown() throws IOException {
    long files = site.imageFiles();
    await(files + " images are known", () -> status().images().known() == files);
  }

  /** Waits until an image is mounted, by what the kernel and the daemon say; accesses nothing. */
  public StatusReport.Mount awaitMounted(String name) throws IOException {
    await(
        name + " is mounted",
        () -> site.mountsOn(name) == 1 && state(name).equals(Optional.of("mounted")));
    return line(name).orElseThrow();
  }

  /** Accesses a compiler until its image is mounted. */
  public StatusReport.Mount mount(String name) throws IOException {
    await(
        name + " is mounted after an access",
        () -> {
          site.version(name);
          return site.mountsOn(name) == 1 && state(name).equals(Optional.of("mounted"));
        });
    return line(name).orElseThrow();
  }

  /**
   * Accesses a path once in a while until its image is in a state that says why it is not mounted.
   */
  public StatusReport.Mount refusal(String name, Runnable access) throws IOException {
    await(
        name + " is not mounted, for a reason",
        () -> {
          access.run();
          return line(name).filter(line -> line.reason() != null).isPresent();
        });
    return line(name).orElseThrow();
  }

  /** The state of an image. */
  public Optional<String> state(String name) throws IOException {
    return line(name).map(StatusReport.Mount::state);
  }

  /**
   * Waits until everything that was accessed before has been seen and routed: an access that leads
   * to no image is made after it, and waited for. Twice, as each CPU has a buffer of its own.
   */
  public void fence() throws IOException {
    for (int i = 0; i < 2; i++) {
      Path beyond = Files.createDirectories(site.root("no-image-" + UUID.randomUUID()));
      Path staged = Files.writeString(site.scratch().resolve(UUID.randomUUID().toString()), "x");
      Path file = Files.move(staged, beyond.resolve("file"));
      long before = status().events().unknown();
      await(
          "an access to no image is counted",
          () -> {
            ChildProcess.cat(file);
            return status().events().unknown() > before;
          });
    }
  }

  /** SIGTERM; it has to end within the contract's five seconds, with exit code 0. */
  public void terminate() {
    ended = true;
    long start = System.nanoTime();
    process.destroy();
    int status = exitStatus(Duration.ofSeconds(5));
    assertEquals(0, status, () -> "exit code after SIGTERM: " + describe());
    long millis = (System.nanoTime() - start) / 1_000_000;
    if (millis > 5000) {
      throw new AssertionError("took " + millis + " ms to end");
    }
  }

  /** SIGKILL; returns when it is gone. */
  public void kill() {
    ended = true;
    process.destroyForcibly();
    exitStatus(Await.PATIENCE);
  }

  /** Waits for its end by itself. */
  public int awaitExit() {
    ended = true;
    return exitStatus(START);
  }

  private int exitStatus(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not end within " + patience + ": " + describe());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** How it is, for a failure. */
  private String describe() {
    String status;
    try {
      status = new Gson().toJson(status());
    } catch (IOException e) {
      status = "no status: " + e.getMessage();
    }
    if (status.length() > 4000) {
      status = status.substring(0, 4000) + "...";
    }
    String log = log();
    return "\nstatus: " + status + "\nlog: " + log.substring(Math.max(0, log.length() - 4000));
  }

  /** Ends it, unless the test has. */
  @Override
  public void close() {
    if (!ended) {
      if (!process.isAlive()) {
        throw new AssertionError("the daemon ended by itself: " + log());
      }
      terminate();
    }
  }
}
