package dev.lazymount.config;

import static dev.lazymount.support.TestSettings.DEFAULTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each key is read into its own component, and has the documented default. */
class SettingsMappingTest {
  @Test
  void readsTheDefaults() {
    Settings expected =
        new Settings(
            Path.of("/opt/compiler-explorer"),
            Path.of("/efs/squash-images"),
            List.of(".img", ".sqfs"),
            Settings.Mode.MOUNT,
            Path.of("/run/lazymount"),
            Path.of("/run/lock/lazymount"),
            Path.of("/var/lib/lazymount"),
            new Settings.Trace(
                Settings.Program.AUTO,
                "bpftrace",
                Duration.ofSeconds(1),
                Duration.ofMillis(200),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                List.of(
                    "updatedb",
                    "updatedb.mlocat",
                    "updatedb.plocat",
                    "mlocate",
                    "node_exporter",
                    "baloo_file",
                    "tracker-miner-f",
                    "clamscan"),
                64,
                16_384,
                128),
            new Settings.Mount(
                List.of(),
                4,
                Duration.ofSeconds(30),
                Duration.ofSeconds(1),
                Duration.ofMinutes(5),
                Optional.of(Duration.ofMinutes(5)),
                false,
                Settings.NewerDirectory.WARN),
            new Settings.Idle(Optional.of(Duration.ofHours(1))),
            new Settings.Catalog(Duration.ofSeconds(60)),
            new Settings.Warm(16, Optional.empty()),
            new Settings.ReadAhead(false, 1L << 30, 200 << 20, Duration.ofMinutes(1)),
            new Settings.Log(Optional.of(Duration.ofMinutes(10))),
            new Settings.Metrics(false, "127.0.0.1", 9723, List.of()),
            new Settings.Control(Optional.empty()));

    assertEquals(expected, Settings.from(DEFAULTS));
  }

  @Test
  void mapsEveryKey() {
    Config changed =
        ConfigFactory.parseString(
            """
            lazymount {
              root = /srv/compilers
              images = /mnt/images
              image-suffixes = [.squashfs]
              mode = observe
              run-dir = /tmp/lm/run
              lock-dir = /tmp/lm/lock
              state-dir = /tmp/lm/state
              trace {
                program = resolved
                bpftrace = /usr/local/bin/bpftrace
                window = 2s
                restart = 300ms
                restart-max = 40s
                canary = 11s
                canary-timeout = 6s
                ignore-comms = [scanner], scanner-names = 65
                max-keys = 128
                perf-pages = 8
              }
              mount {
                options = ["threads=single", "errors=continue"]
                concurrency = 5
                timeout = 31s
                retry = 2s
                retry-max = 6m, quiet-after-write = off
                symlinked-images = true
                newer-directory = refuse
              }
              idle.unmount-after = 2h
              catalog.rescan = 61s
              warm { max = 0, seed = /mnt/images/warm.list }
              readahead { enabled = true, memory = 2G, io = 3M, learn-after = 4m }
              log.summary = 1h
              metrics { enabled = true, bind = "::1", port = 9000, hosts = [node7.example.org] }
              control { group = lazymount }
            }
            """);
    Settings expected =
        new Settings(
            Path.of("/srv/compilers"),
            Path.of("/mnt/images"),
            List.of(".squashfs"),
            Settings.Mode.OBSERVE,
            Path.of("/tmp/lm/run"),
            Path.of("/tmp/lm/lock"),
            Path.of("/tmp/lm/state"),
            new Settings.Trace(
                Settings.Program.RESOLVED,
                "/usr/local/bin/bpftrace",
                Duration.ofSeconds(2),
                Duration.ofMillis(300),
                Duration.ofSeconds(40),
                Duration.ofSeconds(11),
                Duration.ofSeconds(6),
                List.of("scanner"),
                65,
                128,
                8),
            new Settings.Mount(
                List.of("threads=single", "errors=continue"),
                5,
                Duration.ofSeconds(31),
                Duration.ofSeconds(2),
                Duration.ofMinutes(6),
                Optional.empty(),
                true,
                Settings.NewerDirectory.REFUSE),
            new Settings.Idle(Optional.of(Duration.ofHours(2))),
            new Settings.Catalog(Duration.ofSeconds(61)),
            new Settings.Warm(0, Optional.of(Path.of("/mnt/images/warm.list"))),
            new Settings.ReadAhead(true, 2L << 30, 3 << 20, Duration.ofMinutes(4)),
            new Settings.Log(Optional.of(Duration.ofHours(1))),
            new Settings.Metrics(true, "::1", 9000, List.of("node7.example.org")),
            new Settings.Control(Optional.of("lazymount")));

    assertEquals(expected, Settings.from(changed));
    // A key left at its default would prove nothing, nor would one left out.
    assertEquals(keysOf(DEFAULTS), keysOf(changed));
    for (String key : keysOf(DEFAULTS)) {
      assertNotEquals(DEFAULTS.getValue(key), changed.getValue(key), key);
    }
  }

  static Set<String> keysOf(Config config) {
    return config.entrySet().stream()
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
