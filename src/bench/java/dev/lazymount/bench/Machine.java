package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Debian with a real systemd as PID 1, in namespaces of its own, as the system test has it: see
 * {@code src/system-test/tree.sh}, which does the work.
 */
final class Machine implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(15);
  private static final String SCRIPT = "src/system-test/tree.sh";

  private final Workspace workspace;
  private final Path folder;
  private Process process;
  private long busyBefore;

  /**
   * A new one, switched off.
   *
   * @param workspace where it goes when the benchmark ends
   * @param folder a folder that is not there yet
   * @param base the tree below its own layer, or several with colons between
   */
  Machine(Workspace workspace, Path folder, String base) throws IOException, InterruptedException {
    this.workspace = workspace;
    this.folder = folder;
    workspace.run(List.of("bash", SCRIPT, "new", folder.toString(), base), List.of());
  }

  /** Root and images of a site become its /opt/compiler-explorer and /efs/squash-images. */
  void use(Site site) throws IOException {
    for (Path here : List.of(site.root(), site.images())) {
      Path there = folder.resolve("site").resolve(here.getFileName());
      Files.delete(there);
      Files.createSymbolicLink(there, here);
    }
  }

  /** Its own layer, to put files into before it boots. */
  Path layer() {
    return folder.resolve("upper");
  }

  /** Writes a file of its own layer. */
  void write(String path, String content) throws IOException {
    Path file = layer().resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  /** Starts a unit at its boot. */
  void want(String unit) throws IOException {
    Path wants = layer().resolve("etc/systemd/system/multi-user.target.wants");
    Files.createDirectories(wants);
    String folder = unit.matches("(lazymount|autofs).*") ? "/lib/systemd/system/" : "../";
    Files.createSymbolicLink(wants.resolve(unit), Path.of(folder + unit));
  }

  /** Switches it on, and returns at once. */
  void boot() throws IOException {
    busyBefore = busyLoops();
    process =
        workspace.start(
            List.of("bash", SCRIPT, "on", folder.toString()), folder.resolve("console.log"));
  }

  /** Waits until a file is there, without asking anything of PID 1. */
  void await(String path) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!Files.exists(folder.resolve("pid")) || !Files.exists(inside(path))) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException(
            path + " does not come: " + Files.readString(folder.resolve("console.log")));
      }
      Thread.sleep(20);
    }
  }

  /** Waits until PID 1 has had nothing to do for a second. */
  void settle() throws IOException, InterruptedException {
    double before;
    do {
      before = cpuSeconds();
      Thread.sleep(1000);
    } while (cpuSeconds() - before > 0.002);
  }

  /** Seconds that PID 1 has run on a CPU since it is there. */
  double cpuSeconds() throws IOException {
    String first = Files.readString(Path.of("/proc", pid(), "schedstat")).split(" ", 2)[0];
    return Long.parseLong(first) / 1e9;
  }

  /** Runs a command in it to its end and returns the lines it printed. */
  List<String> run(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("bash", SCRIPT, "run", folder.toString()));
    all.addAll(List.of(command));
    return workspace.run(all, List.of());
  }

  /** A moment that systemd remembers, in seconds of the monotonic clock; its own without a unit. */
  double moment(String property, String... unit) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("systemctl", "show", "--value", "--property"));
    command.add(property + "TimestampMonotonic");
    command.addAll(List.of(unit));
    return Long.parseLong(run(command.toArray(String[]::new)).get(0)) / 1e6;
  }

  /**
   * Switches it off at once, and waits until its mounts have released their loop devices. Its own
   * layer stays.
   */
  @Override
  public void close() throws IOException, InterruptedException {
    if (process == null) {
      return;
    }
    workspace.run(List.of("bash", SCRIPT, "crash", folder.toString()), List.of());
    workspace.end(process);
    for (int i = 0; busyLoops() > busyBefore && i < 1200; i++) {
      Thread.sleep(100);
    }
  }

  private static long busyLoops() throws IOException {
    try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
      return devices.filter(device -> Files.exists(device.resolve("loop/backing_file"))).count();
    }
  }

  private Path inside(String path) throws IOException {
    return Path.of("/proc", pid(), "root", path);
  }

  private String pid() throws IOException {
    return Files.readString(folder.resolve("pid")).strip();
  }
}
