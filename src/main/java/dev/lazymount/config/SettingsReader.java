package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import dev.lazymount.text.Humanize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Maps keys to {@link Settings}, with the bounds of each. To add a setting, add a line here, its
 * default to {@code reference.conf} and its description to {@code conf/application.conf}; a test
 * compares the three.
 */
final class SettingsReader {

  /** The name of the object that holds all settings. */
  static final String ROOT = "lazymount";

  // The root is a string in the trace program. The kernel limits a program's stack to 512 bytes,
  // and the rest of a path needs space too.
  private static final int MAX_ROOT_BYTES = 100;
  // The control socket is in it, and the address of a Unix socket has room for 107 bytes.
  private static final int MAX_RUN_DIR_BYTES = 80;
  // PATH_MAX is 4096 bytes, and the paths of files in the directory must be shorter than that.
  private static final int MAX_DIR_BYTES = 3000;

  private final KeyReader keys;

  private SettingsReader(KeyReader keys) {
    this.keys = keys;
  }

  static Settings read(Config config) {
    KeyReader keys = new KeyReader(lazymountObject(config));
    Settings settings = new SettingsReader(keys).settings();
    keys.refuseUnknown();
    keys.throwIfRefused();
    return settings;
  }

  /**
   * Reads the run directory and no other setting.
   *
   * @throws InvalidSettingsException if it can't be read
   */
  static Path runDir(Config config) {
    KeyReader keys = new KeyReader(lazymountObject(config));
    Path runDir = runDir(keys);
    keys.throwIfRefused();
    return runDir;
  }

  private static Path runDir(KeyReader keys) {
    return keys.directory("run-dir", MAX_RUN_DIR_BYTES, Validators::anything);
  }

  private static ConfigObject lazymountObject(Config config) {
    ConfigValue value;
    try {
      value = (config.isResolved() ? config : config.resolve()).root().get(ROOT);
    } catch (ConfigException e) {
      throw new InvalidSettingsException(List.of(unresolved(e)));
    }
    if (value instanceof ConfigObject object) {
      return object;
    }
    String advice = "put the settings inside lazymount { }";
    throw new InvalidSettingsException(
        List.of(
            value == null
                ? new Problem(ROOT, "", "", "is missing", advice)
                : new Problem(
                    ROOT,
                    KeyReader.render(value),
                    Origins.of(value.origin()),
                    "is not a section",
                    advice)));
  }

  /** A substitution that can't be resolved. The library reports its position but not the key. */
  static Problem unresolved(ConfigException e) {
    return new Problem(
        ROOT,
        "",
        Origins.of(e),
        "can't be resolved: " + Origins.message(e),
        "define what the substitution refers to, or write the value itself");
  }

  private Settings settings() {
    Settings settings =
        new Settings(
            keys.directory("root", MAX_ROOT_BYTES, Validators::traceable),
            keys.directory("images", MAX_DIR_BYTES, Validators::anything),
            keys.someTexts("image-suffixes", 16, Validators::suffix),
            keys.choice("mode", Settings.Mode.values()),
            runDir(keys),
            keys.directory("lock-dir", MAX_DIR_BYTES, Validators::anything),
            keys.directory("state-dir", MAX_DIR_BYTES, Validators::anything),
            trace(),
            mount(),
            new Settings.Idle(
                keys.durationOrOff(
                    "idle.unmount-after", Duration.ofSeconds(1), Duration.ofDays(365))),
            new Settings.Catalog(
                keys.duration("catalog.rescan", Duration.ofMillis(100), Duration.ofDays(1))),
            new Settings.Warm(
                keys.whole("warm.max", 0, 10_000), keys.fileOrOff("warm.seed", MAX_DIR_BYTES)),
            new Settings.ReadAhead(
                keys.flag("readahead.enabled"),
                keys.size("readahead.memory", 1 << 20, 1L << 40),
                keys.size("readahead.io", 1 << 20, 1L << 40),
                keys.duration("readahead.learn-after", Duration.ofSeconds(1), Duration.ofDays(1))),
            new Settings.Log(
                keys.durationOrOff("log.summary", Duration.ofSeconds(1), Duration.ofDays(1))),
            new Settings.Metrics(
                keys.flag("metrics.enabled"),
                keys.text("metrics.bind", Validators::address),
                keys.whole("metrics.port", 1, 65_535),
                keys.texts("metrics.hosts", 64, Validators::hostName)),
            new Settings.Control(group()));
    keepApart(settings);
    return settings;
  }

  private Optional<String> group() {
    return Optional.of(keys.text("control.group", Validators::group))
        .filter(name -> !name.isEmpty());
  }

  private Settings.Trace trace() {
    Settings.Trace trace =
        new Settings.Trace(
            keys.choice("trace.program", Settings.Program.values()),
            keys.text("trace.bpftrace", Validators::command),
            keys.duration("trace.window", Duration.ofMillis(100), Duration.ofSeconds(60)),
            keys.duration("trace.restart", Duration.ofMillis(10), Duration.ofMinutes(1)),
            keys.duration("trace.restart-max", Duration.ofMillis(10), Duration.ofHours(1)),
            keys.duration("trace.canary", Duration.ofMillis(100), Duration.ofMinutes(10)),
            keys.duration("trace.canary-timeout", Duration.ofMillis(100), Duration.ofMinutes(5)),
            keys.texts("trace.ignore-comms", 32, Validators::comm),
            keys.wholeOrOff("trace.scanner-names", 1, 1000),
            keys.whole("trace.max-keys", 64, 1 << 20),
            keys.whole("trace.perf-pages", 8, 4096));
    keepInOrder("trace.restart", trace.restart(), "trace.restart-max", trace.restartMax());
    if (keys.allGood("trace.perf-pages") && Integer.bitCount(trace.perfPages()) != 1) {
      keys.refuse("trace.perf-pages", "is not a power of two", "give 8, 16, 32, ... or 4096");
    }
    return trace;
  }

  private Settings.Mount mount() {
    Settings.Mount mount =
        new Settings.Mount(
            keys.texts("mount.options", 32, Validators::mountOption),
            keys.whole("mount.concurrency", 1, 64),
            keys.duration("mount.timeout", Duration.ofMillis(100), Duration.ofHours(1)),
            keys.duration("mount.retry", Duration.ofMillis(10), Duration.ofHours(1)),
            keys.duration("mount.retry-max", Duration.ofMillis(10), Duration.ofDays(1)),
            keys.durationOrOff(
                "mount.quiet-after-write", Duration.ofSeconds(1), Duration.ofDays(1)),
            keys.flag("mount.symlinked-images"),
            keys.choice("mount.newer-directory", Settings.NewerDirectory.values()));
    keepInOrder("mount.retry", mount.retry(), "mount.retry-max", mount.retryMax());
    return mount;
  }

  private void keepInOrder(String lowKey, Duration low, String highKey, Duration high) {
    if (keys.allGood(lowKey, highKey) && high.compareTo(low) < 0) {
      keys.refuse(
          highKey,
          "is shorter than " + ROOT + "." + lowKey + " (" + Humanize.asSetting(low) + ")",
          "give at least that");
    }
  }

  /** The daemon would trace its own accesses in the root, and mount over its own files. */
  private void keepApart(Settings settings) {
    if (keys.allGood("root", "images") && settings.root().equals(settings.images())) {
      keys.refuse("images", "is " + ROOT + ".root itself", "give the directory of the image files");
    } else {
      refuseInside("root", settings.root(), "images", settings.images());
      refuseInside("images", settings.images(), "root", settings.root());
    }
    refuseInsideBoth("run-dir", settings.runDir(), settings);
    refuseInsideBoth("lock-dir", settings.lockDir(), settings);
    refuseInsideBoth("state-dir", settings.stateDir(), settings);
    settings
        .warm()
        .seed()
        .ifPresent(seed -> refuseInside("warm.seed", seed, "root", settings.root()));
  }

  private void refuseInsideBoth(String key, Path path, Settings settings) {
    refuseInside(key, path, "root", settings.root());
    refuseInside(key, path, "images", settings.images());
  }

  private void refuseInside(String innerKey, Path inner, String outerKey, Path outer) {
    if (keys.allGood(innerKey, outerKey) && inner.startsWith(outer)) {
      keys.refuse(
          innerKey,
          "is inside " + ROOT + "." + outerKey + " (" + outer + ")",
          "give a path outside it");
    }
  }
}
