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

/** A daemon as a child process; this JVM reads its status and waits for its states. */
public final class DaemonProcess implements AutoCloseable {
  /** The time for the start of a JVM and bpftrace on a busy machine. */
  private static final Duration START = Duration.ofSeconds(30);

  /** The heap is bounded by 64 MiB; this also bounds the memory of the JVM outside it. */
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
    // Tests mount by an access: a second daemon must not mount from the list of the first.
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

  /** The path of the {@code lazymount} command. */
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

  /** Its resident memory, KB. */
  public long residentKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Fails if its resident memory exceeds its bound. */
  public void assertMemoryBounded() throws IOException {
    long kilobytes = residentKilobytes();
    assertTrue(kilobytes < MOST_KILOBYTES, kilobytes + " KB resident");
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Its log so far. */
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

  /** Waits for a condition; a failure message has the status and the log. */
  public void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    await(what, Await.PATIENCE, condition);
  }

  /** Waits for a condition; a failure message has the status and the log. */
  public void await(
      String what, Duration patience, java.util.concurrent.Callable<Boolean> condition) {
    Await.until(what, patience, condition, this::describe);
  }

  /** Waits until it knows all image files of the host. */
  public void awaitImagesKnown() throws IOException {
    long files = site.imageFiles();
    await(files + " images are known", () -> status().images().known() == files);
  }

  /** Waits until the kernel and the status show an image as mounted; accesses nothing. */
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

  /** Repeats an access until the status has a reason why the image is not mounted. */
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
   * Waits until all earlier accesses have been traced and routed: makes an access to no image and
   * waits for its event. Twice, because each CPU has its own buffer.
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

  /** SIGTERM; fails unless it ends within five seconds with exit code 0, as the contract says. */
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

  /** SIGKILL; returns when it has ended. */
  public void kill() {
    ended = true;
    process.destroyForcibly();
    exitStatus(Await.PATIENCE);
  }

  /** Waits until it ends by itself, and returns its exit status. */
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

  /** Its status and log, for a failure message. */
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

  /** Terminates it, unless the test has ended it. */
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
