package dev.lazymount.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything an operator can set, checked and immutable, so that any thread may read it. The
 * meaning, default and bounds of every setting are told in {@code conf/application.conf}.
 *
 * <p>Every path is absolute, normalised and free of {@code ..}. Whether it exists is another
 * question, answered by {@link SettingsChecks}.
 *
 * @param root the directory whose compilers are traced and mounted over
 * @param images the directory of the image files; may lie on a file server that hangs
 * @param imageSuffixes the endings that make a file an image, each with its dot; never empty
 * @param mode whether to mount, or only to report what would be
 * @param runDir where the control socket is
 * @param lockDir where the lock files are; the same for all processes that mount under the root
 * @param stateDir what is kept across restarts
 * @param trace how accesses are seen
 * @param mount how images are mounted
 * @param idle when they are unmounted again
 * @param catalog how images are found
 * @param warm what is mounted before anybody asks
 * @param log what is logged
 * @param metrics where metrics and status page are served
 * @param control who may ask the daemon
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
    Log log,
    Metrics metrics,
    Control control) {

  /** Copies the list, so that the record can't change. */
  public Settings {
    imageSuffixes = List.copyOf(imageSuffixes);
  }

  /**
   * Reads and checks all settings. Pure: looks at no directory, so it never blocks.
   *
   * @param config a config whose root holds the whole {@code lazymount} object, defaults included;
   *     other objects beside it are ignored; resolved or not
   * @throws InvalidSettingsException with every problem: a missing, unknown or mistyped key, a
   *     value out of its bounds, values that contradict each other. A substitution that leads
   *     nowhere is reported alone, as nothing can be read until it is put right.
   */
  public static Settings from(Config config) {
    return SettingsReader.read(config);
  }

  /** What the daemon does with an access. */
  public enum Mode {
    /** Mount the image. */
    MOUNT,
    /** Only say which image would be mounted. */
    OBSERVE;

    /** Returns the mode as it is written in a file: {@code mount} or {@code observe}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which trace program watches the accesses. */
  public enum Program {
    /** Try {@link #RESOLVED}, fall back to {@link #PATH}. */
    AUTO,
    /** Compare the path as the program that opens it spells it. */
    PATH,
    /** Follow the opened file in the kernel up to the root; needs kernel type information (BTF). */
    RESOLVED;

    /** Returns the program as it is written in a file, such as {@code auto}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How accesses are seen.
   *
   * @param program which trace program to run
   * @param bpftrace a command to look up in PATH, or an absolute path
   * @param window for how long the kernel reports a name only once
   * @param restart how long to wait after the first crash of the trace
   * @param restartMax the longest wait, after crash upon crash; at least {@code restart}
   * @param canary the time between two canaries
   * @param canaryTimeout how long a canary may take to come back
   * @param ignoreComms names of processes whose accesses don't count, 15 bytes each at most
   * @param maxKeys how many names the kernel's map for one window holds
   * @param perfPages the size of the ring buffer of each CPU in pages, a power of two
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
      int maxKeys,
      int perfPages) {

    /** Copies the list, so that the record can't change. */
    public Trace {
      ignoreComms = List.copyOf(ignoreComms);
    }
  }

  /**
   * How images are mounted.
   *
   * @param options further file system options, each {@code name} or {@code name=value}; never one
   *     that would weaken the mount
   * @param concurrency how many mounts, and so threads, at the same time
   * @param timeout after how long an unfinished mount is called stuck
   * @param retry how long to wait after the first failure of an image
   * @param retryMax the longest wait, after failure upon failure; at least {@code retry}
   * @param symlinkedImages whether an image file may be a symlink
   */
  public record Mount(
      List<String> options,
      int concurrency,
      Duration timeout,
      Duration retry,
      Duration retryMax,
      boolean symlinkedImages) {

    /** Copies the list, so that the record can't change. */
    public Mount {
      options = List.copyOf(options);
    }
  }

  /**
   * When images are unmounted again.
   *
   * @param unmountAfter unmount what nobody used for this long; empty for never
   */
  public record Idle(Optional<Duration> unmountAfter) {}

  /**
   * How images are found.
   *
   * @param rescan the time between two scans of the image directory
   */
  public record Catalog(Duration rescan) {}

  /**
   * What is mounted before anybody asks.
   *
   * @param max how many images at most; 0 for none
   * @param seed a list of others to begin with, a file that may lie on a file server that hangs;
   *     empty for none
   */
  public record Warm(int max, Optional<Path> seed) {}

  /**
   * What is logged.
   *
   * @param summary the time between two summaries; empty for none
   */
  public record Log(Optional<Duration> summary) {}

  /**
   * Where metrics and status page are served.
   *
   * @param enabled whether to serve them at all
   * @param bind the address to listen on, a literal IPv4 or IPv6 address
   * @param port the TCP port to listen on
   * @param hosts names by which they may be asked for, besides {@code localhost} and addresses
   */
  public record Metrics(boolean enabled, String bind, int port, List<String> hosts) {

    /** Copies the list, so that the record can't change. */
    public Metrics {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * Who may ask the daemon.
   *
   * @param group whose members may; empty for root alone
   */
  public record Control(Optional<String> group) {}
}
