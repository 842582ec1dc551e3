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
 * A root, an image directory and the daemon's own directories, in a folder of their own.
 *
 * <p>Closing it ends its daemons, detaches every mount in it and deletes it; then nothing of it may
 * be left on the machine, and what is left fails the test: a process, a loop device, a mount. The
 * same is done when the JVM is told to end in the middle of a test.
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

  /** A new one, empty. */
  public static Site create() {
    try {
      return new Site(Files.createTempDirectory("lazymount-it-").toRealPath());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * A new one whose folder is a shared mount, as everything is on a host that systemd has booted:
   * what is mounted in it propagates to namespaces that are slaves of ours.
   */
  public static Site createShared() {
    Site site = create();
    String folder = site.folder().toString();
    ChildProcess.run("mount", "--bind", folder, folder).orFail();
    ChildProcess.run("mount", "--make-shared", folder).orFail();
    return site;
  }

  /** The daemons' run directory; the second daemon of one site needs another one. */
  public Path runDir() {
    return folder().resolve("run");
  }

  /** The lock directory. */
  public Path lockDir() {
    return folder().resolve("lock");
  }

  /** The settings that lead into this site, all of them: {@code key=value} each. */
  public List<String> settings() {
    return List.of(
        "root=" + root(),
        "images=" + images(),
        "run-dir=" + runDir(),
        "lock-dir=" + lockDir(),
        "state-dir=" + folder().resolve("state"));
  }

  // --- accesses
  // -----------------------------------------------------------------------------------

  /** Opens and reads a compiler's version file, in a process of its own; it has to be readable. */
  public String version(String name) {
    return ChildProcess.cat(root(name).resolve(VERSION));
  }

  /** Opens and reads a compiler's version file from this JVM. */
  public String versionHere(String name) throws IOException {
    return Files.readString(root(name).resolve(VERSION), StandardCharsets.UTF_8);
  }

  /** How many mounts lie on a compiler's directory. */
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
   * @param settings {@code key=value} each, over those that lead into this site
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
   * Runs {@code lazymount} over this site to its end.
   *
   * @param words the command, and what follows the settings that lead into this site
   */
  public ChildProcess.Result commandLine(String... words) {
    return ChildProcess.run("", command(words), mark());
  }

  /** Starts {@code lazymount} over this site, as {@link #commandLine} does. */
  public Process startCommandLine(Path output, String... words) throws IOException {
    return ChildProcess.start(command(words), mark(), output);
  }

  /** {@code lazymount} over this site, for whoever starts it in a way of its own. */
  public List<String> command(String... words) {
    List<String> all = new ArrayList<>(List.of(DaemonProcess.launcher(), words[0]));
    settings().forEach(setting -> all.addAll(List.of("--set", setting)));
    all.addAll(List.of(words).subList(1, words.length));
    return all;
  }

  /** In the environment of every process of this site, and of those that it starts. */
  public Map<String, String> mark() {
    return Map.of(MARK, folder().toString());
  }

  /** The running bpftrace processes of this site's daemons and commands. */
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
          "no process of this site is left",
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

  /** Whatever happened: after this nothing is there. Says what could not be had. */
  private List<String> takeDown() {
    List<String> problems = new ArrayList<>();
    processes().forEach(ProcessHandle::destroyForcibly);
    check(problems, () -> Await.until("the processes are killed", () -> processes().isEmpty()));
    check(problems, () -> Await.until("the mounts are detached", this::detachAll));
    // Before the look at loop devices: a mount namespace that somebody made meanwhile has copies of
    // our mounts, and the kernel takes those away with their directories.
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

  /** The deepest and newest first; one round takes one layer off a stack. */
  private boolean detachAll() {
    List<MountInfo> mounts = new ArrayList<>(Kernel.mountsBelow(folder()));
    mounts.sort(Comparator.comparingInt((MountInfo m) -> m.target().length()).reversed());
    for (MountInfo mount : mounts) {
      try {
        Mounts.detach(mount.target());
      } catch (SyscallException e) {
        // Gone with another one; the next round looks again.
      }
    }
    return Kernel.mountsBelow(folder()).isEmpty();
  }

  /** Never follows a symlink, and touches nothing while something is mounted in it. */
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
