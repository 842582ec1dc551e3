package dev.lazymount.kernel;

import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A host for one test: a root with original directories, an image directory, and the directories of
 * a daemon, all in one temporary folder. It starts daemons and runs commands with settings that
 * lead into that folder.
 *
 * <p>{@link #close} terminates the daemons, detaches the mounts and deletes the folder. A process,
 * a mount or a loop device that is left fails the test. A JVM that is terminated in the middle of a
 * test cleans up in the same way.
 */
public final class Site extends SiteFiles implements AutoCloseable {
  private static final String MARK = "LAZYMOUNT_TEST_SITE";
  private static final Set<Site> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> OPEN.forEach(Site::takeDown), "close-sites"));
  }

  private final List<DaemonProcess> daemons = new ArrayList<>();

  private Site(Path folder) throws IOException {
    super(folder);
    Files.createDirectories(lockDir());
    OPEN.add(this);
  }

  /** Creates an empty host. */
  public static Site create() {
    try {
      return new Site(Files.createTempDirectory("lazymount-it-").toRealPath());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * Creates an empty host whose folder is a shared mount, as all mounts are on a host booted by
   * systemd: mounts made in it propagate to slave mount namespaces.
   */
  public static Site createShared() {
    Site site = create();
    String folder = site.folder().toString();
    ChildProcess.run("mount", "--bind", folder, folder).orFail();
    ChildProcess.run("mount", "--make-shared", folder).orFail();
    return site;
  }

  /** The run directory. A second daemon needs another one. */
  public Path runDir() {
    return folder().resolve("run");
  }

  /** The lock directory. */
  public Path lockDir() {
    return folder().resolve("lock");
  }

  /** The settings that lead into this host's folder, {@code key=value} each. */
  public List<String> settings() {
    return List.of(
        "root=" + root(),
        "images=" + images(),
        "run-dir=" + runDir(),
        "lock-dir=" + lockDir(),
        "state-dir=" + folder().resolve("state"),
        // Tests create and rename what they then use.
        "mount.quiet-after-write=off",
        // This JVM opens all names itself.
        "trace.scanner-names=off");
  }

  // --- accesses
  // -----------------------------------------------------------------------------------

  /** Reads a compiler's version file in a child process; fails if it can't be read. */
  public String version(String name) {
    return ChildProcess.cat(root(name).resolve(VERSION));
  }

  /** Reads a compiler's version file in this JVM. */
  public String versionHere(String name) throws IOException {
    return Files.readString(root(name).resolve(VERSION), StandardCharsets.UTF_8);
  }

  /** The number of mounts on a compiler's directory. */
  public long mountsOn(String name) {
    return Kernel.mountsOn(root(name));
  }

  // --- daemons
  // ------------------------------------------------------------------------------------

  /** Starts a daemon and waits until it is ready. */
  public DaemonProcess start(String... settings) throws IOException {
    DaemonProcess daemon = launch(Map.of(), settings);
    daemon.awaitReady();
    return daemon;
  }

  /**
   * Starts a daemon and returns at once.
   *
   * @param environment added to its environment
   * @param settings {@code key=value} each, added to {@link #settings}
   */
  public DaemonProcess launch(Map<String, String> environment, String... settings)
      throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(mark());
    DaemonProcess daemon =
        DaemonProcess.launch(
            this, all, folder().resolve("daemon-" + daemons.size() + ".log"), List.of(settings));
    daemons.add(daemon);
    return daemon;
  }

  /**
   * Runs {@code lazymount} on this host to its end.
   *
   * @param words the command, and the arguments that follow the settings
   */
  public ChildProcess.Result commandLine(String... words) {
    return ChildProcess.run("", command(words), mark());
  }

  /** Starts {@code lazymount} as {@link #commandLine} does, with its output in a file. */
  public Process startCommandLine(Path output, String... words) throws IOException {
    return ChildProcess.start(command(words), mark(), output);
  }

  /** The command line of {@link #commandLine}. */
  public List<String> command(String... words) {
    List<String> all = new ArrayList<>(List.of(DaemonProcess.launcher(), words[0]));
    settings().forEach(setting -> all.addAll(List.of("--set", setting)));
    all.addAll(List.of(words).subList(1, words.length));
    return all;
  }

  /** A variable in the environment of all processes of this host, by which they are found. */
  public Map<String, String> mark() {
    return Map.of(MARK, folder().toString());
  }

  /** The running bpftrace processes of this host's daemons and commands. */
  public List<Long> bpftraces() {
    return processes().stream()
        .map(ProcessHandle::pid)
        .filter(pid -> Kernel.comm(pid).equals("bpftrace"))
        .toList();
  }

  private List<ProcessHandle> processes() {
    return Kernel.processesWith(MARK + "=" + folder());
  }

  // --- the end
  // ------------------------------------------------------------------------------------

  @Override
  public void close() {
    List<String> problems = new ArrayList<>();
    for (DaemonProcess daemon : daemons) {
      try {
        daemon.close();
      } catch (RuntimeException | AssertionError e) {
        problems.add(e.getMessage());
      }
    }
    try {
      Await.until(
          "no process of this test is left",
          Duration.ofSeconds(5),
          () -> processes().isEmpty(),
          this::describeProcesses);
    } catch (AssertionError e) {
      problems.add(e.getMessage());
    }
    problems.addAll(takeDown());
    OPEN.remove(this);
    if (!problems.isEmpty()) {
      throw new AssertionError("left behind: " + String.join("; ", problems));
    }
  }

  private String describeProcesses() {
    return processes().stream().map(p -> p.pid() + " " + Kernel.comm(p.pid())).toList().toString();
  }

  /** Removes everything, whatever happened before; returns what failed. */
  private List<String> takeDown() {
    List<String> problems = new ArrayList<>();
    processes().forEach(ProcessHandle::destroyForcibly);
    check(problems, () -> Await.until("the processes are killed", () -> processes().isEmpty()));
    check(problems, () -> Await.until("the mounts are detached", this::detachAll));
    // Before the check of loop devices: a mount namespace made meanwhile by another process has
    // copies of the mounts, and the kernel removes those with their directories.
    check(problems, this::delete);
    check(
        problems,
        () ->
            Await.until(
                "the loop devices are free",
                Await.PATIENCE,
                () -> Kernel.loopsBelow(folder()).isEmpty(),
                () -> Kernel.loopsBelow(folder()).toString()));
    return problems;
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void check(List<String> problems, Step step) {
    try {
      step.run();
    } catch (AssertionError e) {
      problems.add(e.getMessage());
    } catch (IOException | RuntimeException e) {
      problems.add(e.toString());
    }
  }

  /** Detaches the deepest mounts first; one round removes one layer of a stack. */
  private boolean detachAll() {
    List<MountInfo> mounts = new ArrayList<>(Kernel.mountsBelow(folder()));
    mounts.sort(Comparator.comparingInt((MountInfo m) -> m.target().length()).reversed());
    for (MountInfo mount : mounts) {
      try {
        Mounts.detach(mount.target());
      } catch (SyscallException e) {
        // It was detached with another one; the next round checks again.
      }
    }
    return Kernel.mountsBelow(folder()).isEmpty();
  }

  /** Follows no symlinks, and deletes nothing while something is mounted in the folder. */
  private void delete() throws IOException {
    if (!Kernel.mountsBelow(folder()).isEmpty()) {
      throw new IOException(folder() + " is kept, as something is mounted in it");
    }
    try (Stream<Path> all = Files.walk(folder())) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
