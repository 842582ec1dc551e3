package dev.lazymount.bench;

import dev.lazymount.control.ControlClient;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A running daemon, as it is installed: its own launcher, its own JVM, its default settings. */
final class Lazymount {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** USER_HZ, which is 100 on all that we run on. */
  private static final double TICKS_A_SECOND = 100;

  private final Workspace workspace;
  private final Path runDir;
  private final Path log;
  private final Process process;

  /** Starts a daemon over a site and waits until it is ready. */
  Lazymount(Workspace workspace, Site site, String... settings)
      throws IOException, InterruptedException {
    this.workspace = workspace;
    runDir = runDir(site);
    log = Files.createTempFile(workspace.folder(), "lazymount-", ".log");
    process = workspace.start(command(site, settings), log);
    await("the daemon is ready", status -> status.state().equals("ready"));
  }

  /** Waits until it says so in its status. */
  void await(String what, Predicate<StatusReport> condition)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!holds(condition)) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException("waited in vain until " + what + ": " + Files.readString(log));
      }
      Thread.sleep(50);
    }
  }

  /** Waits until it knows so many images. */
  void awaitKnown(int images) throws IOException, InterruptedException {
    await(images + " images are known", status -> status.images().known() == images);
  }

  /** What starts a daemon over a site. */
  static List<String> command(Site site, String... settings) {
    return command("run", List.of(), site, settings);
  }

  /** What runs a command over a site. */
  static List<String> command(String name, List<String> words, Site site, String... settings) {
    List<String> command = new ArrayList<>();
    command.add(launcher());
    command.add(name);
    command.addAll(words);
    List<String> all = new ArrayList<>();
    all.add("root=" + site.root());
    all.add("images=" + site.images());
    all.add("run-dir=" + runDir(site));
    all.add("lock-dir=" + site.own().resolve("lock"));
    all.add("state-dir=" + site.own().resolve("state"));
    // One process opens all names, and the benchmark itself replaces files below the root.
    all.add("trace.scanner-names=off");
    all.add("mount.quiet-after-write=off");
    // What is measured is the first access and not the warm list.
    all.add("warm.max=0");
    all.addAll(List.of(settings));
    all.forEach(
        setting -> {
          command.add("--set");
          command.add(setting);
        });
    return command;
  }

  /** The runnable that a build leaves. */
  static String launcher() {
    return Path.of(System.getProperty("lazymount.launcher", "target/lazymount"))
        .toAbsolutePath()
        .toString();
  }

  StatusReport status() throws IOException {
    return ControlClient.status(runDir);
  }

  /** The memory it has now. */
  long residentKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  /** CPU time of the JVM so far. */
  double cpuSeconds() throws IOException {
    return cpuSeconds(process.pid());
  }

  /** What it has logged so far. */
  List<String> log() throws IOException {
    return Files.readAllLines(log);
  }

  void stop() throws InterruptedException {
    workspace.end(process);
  }

  private boolean holds(Predicate<StatusReport> condition) {
    try {
      return condition.test(status());
    } catch (IOException notYet) {
      return false;
    }
  }

  /** User and system time of a process so far, seconds: fields 14 and 15 of proc(5)'s stat. */
  static double cpuSeconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
  }

  /** Where a daemon over a site is asked. */
  static Path runDir(Site site) {
    return site.own().resolve("run");
  }
}
