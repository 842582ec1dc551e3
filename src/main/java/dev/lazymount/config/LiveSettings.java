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
 * The settings in force while the daemon runs. A reload reads their sources again and applies the
 * changes that a running daemon can follow; the others take effect at the next start. Thread-safe.
 */
public final class LiveSettings {
  /**
   * Keys, or sections (with a dot at the end), that a reload applies. All others need a restart.
   */
  private static final List<String> CHANGEABLE =
      List.of(
          "mode",
          "trace.",
          "mount.timeout",
          "mount.retry",
          "mount.retry-max",
          "mount.quiet-after-write",
          "idle.unmount-after",
          "catalog.rescan");

  private final Optional<Path> file;
  private final List<String> overrides;
  private volatile State state;

  private record State(Config config, Settings settings) {}

  /**
   * A setting whose value has changed.
   *
   * @param key the full key
   * @param was the value in force, in HOCON
   * @param is the new value, in HOCON
   */
  public record Change(String key, String was, String is) {}

  /**
   * The result of a reload.
   *
   * @param settings in force now
   * @param applied changes that have taken effect
   * @param needRestart changes that take effect at the next start
   */
  public record Reloaded(Settings settings, List<Change> applied, List<Change> needRestart) {
    /** Whether a change in this section, such as {@code trace.}, has taken effect. */
    public boolean concerns(String section) {
      String prefix = SettingsReader.ROOT + "." + section;
      return applied.stream().anyMatch(change -> change.key().startsWith(prefix));
    }
  }

  /**
   * Reads the settings.
   *
   * @param file the configuration file; empty for the defaults
   * @param overrides {@code key=value} each; they override the file at every reload as well
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

  /** The settings in force and where each was set, sorted by key. */
  public List<EffectiveValue> effective() {
    return SettingsLoader.effective(state.config());
  }

  /**
   * Reads the file again.
   *
   * @throws InvalidSettingsException with every problem; nothing has changed then
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
        // Also where only the origin differs, which `lazymount config --running` shows.
        next = next.withValue(key, entry.getValue());
      }
      if (!was.equals(is)) {
        (changeable ? applied : needRestart).add(new Change(key, was, is));
      }
    }
    // Old and new settings are each valid, but a mix of both may contradict itself.
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
