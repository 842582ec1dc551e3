package dev.lazymount.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything an operator can set, checked and immutable, so that any thread may read it. The
 * meaning, default and bounds of every setting are in {@code conf/application.conf}.
 *
 * <p>Every path is absolute, normalised and free of {@code ..}. Whether it exists is checked by
 * {@link SettingsChecks}.
 *
 * @param root the directory whose compilers are traced and mounted over
 * @param images the directory of the image files; may be on a file server that hangs
 * @param imageSuffixes the endings that make a file an image, each with its dot; never empty
 * @param mode whether to mount, or only to report what would be
 * @param runDir the directory of the control socket
 * @param lockDir the directory of the lock files; the same for all processes that mount under the
 *     root
 * @param stateDir the directory of what is kept across reboots
 * @param trace how accesses are traced
 * @param mount how images are mounted
 * @param idle when unused images are unmounted
 * @param catalog how images are found
 * @param warm which images are mounted at start, before their first access
 * @param readAhead which files of a mounted image are read before they are used
 * @param log what is logged
 * @param metrics where metrics and the status page are served
 * @param control who may use the control socket
 */
public record Settings(
    Path root,
    Path images,
    List<String> imageSuffixes,
    Mode mode,
    Path runDir,
    Path lockDir,
    Path stateDir,
    Trace trace,
    Mount mount,
    Idle idle,
    Catalog catalog,
    Warm warm,
    ReadAhead readAhead,
    Log log,
    Metrics metrics,
    Control control) {

  /** Makes the record immutable. */
  public Settings {
    imageSuffixes = List.copyOf(imageSuffixes);
  }

  /**
   * Reads and checks all settings. Accesses no directory, so it never blocks.
   *
   * @param config a config whose root holds the whole {@code lazymount} object, defaults included;
   *     other objects beside it are ignored; resolved or not
   * @throws InvalidSettingsException with every problem: a missing, unknown or mistyped key, a
   *     value out of its bounds, values that contradict each other. A substitution that can't be
   *     resolved is reported alone, because nothing can be read until it is corrected.
   */
  public static Settings from(Config config) {
    return SettingsReader.read(config);
  }

  /** What the daemon does at an access. */
  public enum Mode {
    /** Mount the image. */
    MOUNT,
    /** Only report which image would be mounted. */
    OBSERVE;

    /** The mode as it is written in a file: {@code mount} or {@code observe}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What to do with an image whose original directory is newer than it. */
  public enum NewerDirectory {
    /** Mount it, with a warning. */
    WARN,
    /** Do not mount it. */
    REFUSE,
    /** Do not compare the two. */
    IGNORE;

    /** The choice as it is written in a file, such as {@code warn}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which trace program reports the accesses. */
  public enum Program {
    /** The first that works: {@link #HOOKED}, {@link #RESOLVED}, {@link #PATH}. */
    AUTO,
    /** Compares the path as the opening process spelled it; sees absolute paths only. */
    PATH,
    /** Walks from the opened file up to the root in the kernel; needs BTF. */
    RESOLVED,
    /** The same at a kernel function that every open passes; needs fentry or kprobes. */
    HOOKED;

    /** The program as it is written in a file, such as {@code auto}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How accesses are traced.
   *
   * @param program which trace program to run
   * @param bpftrace a command to look up in PATH, or an absolute path
   * @param window the time for which the kernel reports a name only once
   * @param restart the wait before a restart after the first crash of the trace
   * @param restartMax the longest such wait; at least {@code restart}
   * @param canary the time between two canaries
   * @param canaryTimeout how long a canary may take until the trace reports it
   * @param ignoreComms names of processes whose accesses are ignored, at most 15 bytes each
   * @param scannerNames a process that uses more different images within ten seconds walks the
   *     tree, and its accesses are ignored; 0 for no such limit
   * @param maxKeys how many names the kernel's map holds in one window
   * @param perfPages the size of each CPU's event buffer in pages of 4 KiB, a power of two
   */
  public record Trace(
      Program program,
      String bpftrace,
      Duration window,
      Duration restart,
      Duration restartMax,
      Duration canary,
      Duration canaryTimeout,
      List<String> ignoreComms,
      int scannerNames,
      int maxKeys,
      int perfPages) {

    /** Makes the record immutable. */
    public Trace {
      ignoreComms = List.copyOf(ignoreComms);
    }
  }

  /**
   * How images are mounted.
   *
   * @param options further file system options, each {@code name} or {@code name=value}
   * @param concurrency how many mounts, and so threads, at a time
   * @param timeout when an unfinished mount is shown as stuck
   * @param retry the wait before a retry after the first failure of an image
   * @param retryMax the longest such wait; at least {@code retry}
   * @param quietAfterWrite for so long nothing is mounted over a directory that was written to;
   *     empty to mount regardless
   * @param symlinkedImages whether an image file may be a symlink
   * @param newerDirectory what to do with an image that is older than its directory
   */
  public record Mount(
      List<String> options,
      int concurrency,
      Duration timeout,
      Duration retry,
      Duration retryMax,
      Optional<Duration> quietAfterWrite,
      boolean symlinkedImages,
      NewerDirectory newerDirectory) {

    /** Makes the record immutable. */
    public Mount {
      options = List.copyOf(options);
    }
  }

  /**
   * When unused images are unmounted.
   *
   * @param unmountAfter unmount an image that has not been used for this long; empty for never
   */
  public record Idle(Optional<Duration> unmountAfter) {}

  /**
   * How images are found.
   *
   * @param rescan the time between two scans of the image directory
   */
  public record Catalog(Duration rescan) {}

  /**
   * Which images are mounted at start, before their first access.
   *
   * @param max how many images at most; 0 for none
   * @param seed a file with a list for a node that has learned nothing yet; may be on a file server
   *     that hangs; empty for none
   */
  public record Warm(int max, Optional<Path> seed) {}

  /**
   * Which files of a mounted image are read before they are used.
   *
   * @param enabled whether to learn and to read any
   * @param memory the most bytes to read of all mounted images together
   * @param io the most bytes to read in a second
   * @param learnAfter the time from the first use of an image until its used files are listed
   */
  public record ReadAhead(boolean enabled, long memory, long io, Duration learnAfter) {}

  /**
   * What is logged.
   *
   * @param summary the time between two summaries; empty for none
   */
  public record Log(Optional<Duration> summary) {}

  /**
   * Where metrics and the status page are served.
   *
   * @param enabled whether to serve them at all
   * @param bind the address to listen on, a literal IPv4 or IPv6 address
   * @param port the TCP port to listen on
   * @param hosts host names accepted in a request, besides {@code localhost} and IP addresses
   */
  public record Metrics(boolean enabled, String bind, int port, List<String> hosts) {

    /** Makes the record immutable. */
    public Metrics {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * Who may use the control socket.
   *
   * @param group a group whose members may; empty for root only
   */
  public record Control(Optional<String> group) {}
}
