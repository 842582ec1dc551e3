package dev.lazymount.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The settings in force while the daemon runs. They are read anew from where they came from; of
 * what has changed there, only what a running daemon can follow comes into force. Thread-safe.
 */
public final class LiveSettings {
  /** A section ends with a dot. All else needs a restart. */
  private static final List<String> CHANGEABLE =
      List.of(
          "mode",
          "trace.",
          "mount.timeout",
          "mount.retry",
          "mount.retry-max",
          "idle.unmount-after",
          "catalog.rescan");

  private final Optional<Path> file;
  private final List<String> overrides;
  private volatile State state;

  private record State(Config config, Settings settings) {}

  /**
   * One setting that is another one in the file now.
   *
   * @param key the full key
   * @param was the value in force before
   * @param is the value in the file
   */
  public record Change(String key, String was, String is) {}

  /**
   * What a reload brought about.
   *
   * @param settings in force now
   * @param applied changes that are in force
   * @param needRestart changes that come into force with the next start
   */
  public record Reloaded(Settings settings, List<Change> applied, List<Change> needRestart) {
    /** Whether a key of this section has changed, such as {@code trace.}. */
    public boolean concerns(String section) {
      String prefix = SettingsReader.ROOT + "." + section;
      return applied.stream().anyMatch(change -> change.key().startsWith(prefix));
    }
  }

  /**
   * Reads them for the first time.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each, laid over the file at every reading
   * @throws InvalidSettingsException with every problem
   */
  public LiveSettings(Optional<Path> file, List<String> overrides) {
    this.file = file;
    this.overrides = List.copyOf(overrides);
    Settings settings = SettingsLoader.load(file, overrides);
    this.state = new State(SettingsLoader.resolved(file, overrides), settings);
  }

  /** The settings in force. */
  public Settings now() {
    return state.settings();
  }

  /** What is in force and who set it, sorted by key. */
  public List<EffectiveValue> effective() {
    return SettingsLoader.effective(state.config());
  }

  /**
   * Reads the file anew.
   *
   * @throws InvalidSettingsException with every problem; all stays as it was
   */
  public synchronized Reloaded reload() {
    SettingsLoader.load(file, overrides);
    Config fresh = SettingsLoader.resolved(file, overrides);
    Config next = state.config();
    List<Change> applied = new ArrayList<>();
    List<Change> needRestart = new ArrayList<>();
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(values(fresh)).entrySet()) {
      String key = entry.getKey();
      String is = KeyReader.render(entry.getValue());
      String was = KeyReader.render(state.config().getValue(key));
      boolean changeable = isChangeable(key);
      if (changeable) {
        // Also where only its origin is another one.
        next = next.withValue(key, entry.getValue());
      }
      if (!was.equals(is)) {
        (changeable ? applied : needRestart).add(new Change(key, was, is));
      }
    }
    // Each half is valid; together they may contradict each other.
    Settings settings = Settings.from(next);
    state = new State(next, settings);
    return new Reloaded(settings, List.copyOf(applied), List.copyOf(needRestart));
  }

  private static Map<String, ConfigValue> values(Config config) {
    Map<String, ConfigValue> values = new TreeMap<>();
    config.entrySet().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    return values;
  }

  private static boolean isChangeable(String key) {
    String own = key.substring(SettingsReader.ROOT.length() + 1);
    return CHANGEABLE.stream()
        .anyMatch(known -> known.endsWith(".") ? own.startsWith(known) : own.equals(known));
  }
}
