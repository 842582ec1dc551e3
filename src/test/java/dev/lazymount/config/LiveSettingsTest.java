package dev.lazymount.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LiveSettingsTest {
  @TempDir private Path temp;
  private Path file;

  @BeforeEach
  void file() throws IOException {
    file = temp.resolve("application.conf");
    write("mode = mount, mount.retry = 2s");
  }

  private void write(String settings) throws IOException {
    Files.writeString(file, "lazymount { " + settings + " }");
  }

  private LiveSettings live(String... overrides) {
    return new LiveSettings(Optional.of(file), List.of(overrides));
  }

  private static List<String> keys(List<LiveSettings.Change> changes) {
    return changes.stream().map(LiveSettings.Change::key).toList();
  }

  @Test
  void reloadAppliesSomeSettingsAndNamesTheOthers() throws IOException {
    LiveSettings live = live();
    write("mode = observe, mount.retry = 2s, root = /other, trace.window = 2s");
    LiveSettings.Reloaded reloaded = live.reload();
    assertEquals(List.of("lazymount.mode", "lazymount.trace.window"), keys(reloaded.applied()));
    assertEquals(List.of("lazymount.root"), keys(reloaded.needRestart()));
    assertTrue(reloaded.concerns("trace."));
    assertEquals(Settings.Mode.OBSERVE, live.now().mode());
    assertEquals(Duration.ofSeconds(2), live.now().trace().window());
    assertEquals(Path.of("/opt/compiler-explorer"), live.now().root(), "until a restart");

    LiveSettings.Reloaded again = live.reload();
    assertEquals(List.of(), again.applied());
    assertEquals(List.of("lazymount.root"), keys(again.needRestart()), "named again");
    assertFalse(again.concerns("trace."));
  }

  @Test
  void settingRemovedFromTheFileIsItsDefaultAgain() throws IOException {
    LiveSettings live = live();
    write("");
    LiveSettings.Change change = live.reload().applied().get(0);
    assertEquals(new LiveSettings.Change("lazymount.mount.retry", "\"2s\"", "\"1s\""), change);
  }

  @Test
  void invalidFileChangesNothing() throws IOException {
    LiveSettings live = live();
    write("mode = observe, mount.retry = never, mount.tmeout = 1s");
    InvalidSettingsException refused = assertThrows(InvalidSettingsException.class, live::reload);
    assertEquals(2, refused.problems().size(), refused.getMessage());
    assertEquals(Settings.Mode.MOUNT, live.now().mode());
    Files.writeString(file, "lazymount {");
    assertThrows(InvalidSettingsException.class, live::reload);
    Files.delete(file);
    assertThrows(InvalidSettingsException.class, live::reload);
    assertEquals(Duration.ofSeconds(2), live.now().mount().retry());
  }

  @Test
  void overrideOutlastsAReload() throws IOException {
    LiveSettings live = live("mode=observe");
    write("mode = mount, mount.retry = 3s");
    assertEquals(List.of("lazymount.mount.retry"), keys(live.reload().applied()));
    assertEquals(Settings.Mode.OBSERVE, live.now().mode());
  }

  @Test
  void settingsInForceHaveTheirOrigin() throws IOException {
    LiveSettings live = live("trace.window=3s");
    write("\nmode = mount, mount.retry = 2s");
    live.reload();
    assertEquals("--set", origin(live, "lazymount.trace.window"));
    assertEquals(file + ":2", origin(live, "lazymount.mount.retry"));
    assertTrue(origin(live, "lazymount.root").startsWith("reference.conf:"));
  }

  private static String origin(LiveSettings live, String key) {
    return live.effective().stream()
        .filter(value -> value.key().equals(key))
        .findFirst()
        .orElseThrow()
        .origin();
  }

  @Test
  void threadWithoutAContextClassLoaderReloads() throws IOException {
    LiveSettings live = live();
    write("mode = observe");
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(null);
    try {
      live.reload();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    assertEquals(Settings.Mode.OBSERVE, live.now().mode());
  }
}
