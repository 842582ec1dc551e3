package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private final DaemonStatus status = new DaemonStatus();
  private final Metrics metrics = new Metrics(status, "1.2.3");

  private String text() {
    return new String(metrics.text(), StandardCharsets.UTF_8);
  }

  private void assertSays(String line) {
    String text = text();
    assertTrue(text.lines().anyMatch(line::equals), () -> line + " is not in\n" + text);
  }

  private void image(String name, MountState state) {
    status
        .mounts()
        .put(MountStatus.of(name, "/i", "/t").state(state, Instant.now(), "reason").build());
  }

  @Test
  void countersAreExposed() {
    var counters = status.counters();
    counters.seen.add(1000);
    counters.lost.add(2);
    counters.unknown.add(3);
    counters.unparsed.add(4);
    counters.restarts.add(5);
    counters.scanners.add(21);
    counters.scannerAccesses.add(22);
    counters.servedByOriginal.add(6);
    counters.mounts.add(7);
    counters.adopted.add(8);
    counters.backedOff.add(9);
    counters.quarantines.add(10);
    counters.timeouts.add(11);
    counters.readAheadImages.add(12);
    counters.readAheadBytes.add(13);
    counters.readAheadStopped.add(14);
    counters.learned.add(15);
    assertSays("lazymount_events_seen_total 1000.0");
    assertSays("lazymount_events_lost_total 2.0");
    assertSays("lazymount_events_unknown_total 3.0");
    assertSays("lazymount_scanners_total 21.0");
    assertSays("lazymount_scanner_accesses_ignored_total 22.0");
    assertSays("lazymount_trace_lines_unparsed_total 4.0");
    assertSays("lazymount_trace_restarts_total 5.0");
    assertSays("lazymount_accesses_served_by_original_total 6.0");
    assertSays("lazymount_mounts_total{outcome=\"mounted\"} 7.0");
    assertSays("lazymount_mounts_total{outcome=\"adopted\"} 8.0");
    assertSays("lazymount_mounts_total{outcome=\"failed\"} 9.0");
    assertSays("lazymount_mounts_total{outcome=\"quarantined\"} 10.0");
    assertSays("lazymount_mount_timeouts_total 11.0");
    assertSays("lazymount_readahead_images_total 12.0");
    assertSays("lazymount_readahead_bytes_total 13.0");
    assertSays("lazymount_readahead_stopped_total 14.0");
    assertSays("lazymount_readahead_learned_total 15.0");
  }

  @Test
  void histogramsAreCumulativeAndInSeconds() {
    var took = status.counters().mountSeconds;
    for (double seconds : new double[] {-1, 0.0005, 0.0006, 0.03, 31, 1e6}) {
      took.observe(seconds);
    }
    assertSays("lazymount_mount_duration_seconds_bucket{le=\"5.0E-4\"} 2");
    assertSays("lazymount_mount_duration_seconds_bucket{le=\"0.001\"} 3");
    assertSays("lazymount_mount_duration_seconds_bucket{le=\"0.05\"} 4");
    assertSays("lazymount_mount_duration_seconds_bucket{le=\"30.0\"} 4");
    assertSays("lazymount_mount_duration_seconds_bucket{le=\"+Inf\"} 6");
    assertSays("lazymount_mount_duration_seconds_count 6");
    assertSays("lazymount_access_to_mount_seconds_count 0");
  }

  @Test
  void stateOfDaemonTraceAndImagesIsExposed() {
    assertSays("lazymount_build_info{version=\"1.2.3\"} 1");
    assertSays("lazymount_state{state=\"starting\"} 1.0");
    assertSays("lazymount_trace_fallen_back 0.0");
    assertFalse(text().contains("lazymount_canary_round_trip_seconds "), "no canary has come back");

    status.trace(new TraceStatus(ProgramName.RESOLVED, 1L, 2.5, null, "no kprobes"));
    assertSays("lazymount_trace_fallen_back 0.0");

    status.state(DaemonState.READY);
    status.state(DaemonState.DEGRADED);
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 2.5, null, "no BTF"));
    status.catalog(3000, 2, 10, "unreadable");
    status.storage("hangs");
    image("a", MountState.FAILED);
    image("b", MountState.STUCK);
    image("c", MountState.STUCK);
    assertSays("lazymount_state{state=\"degraded\"} 1.0");
    assertSays("lazymount_state{state=\"ready\"} 0.0");
    assertSays("lazymount_trace_fallen_back 1.0");
    assertSays("lazymount_canary_round_trip_seconds 0.0025");
    assertSays("lazymount_images_known 3000.0");
    assertSays("lazymount_images_newer_directory 0.0");
    assertSays("lazymount_catalog_scan_failing 1.0");
    assertSays("lazymount_storage_hanging 1.0");
    assertSays("lazymount_images{state=\"failed\"} 1.0");
    assertSays("lazymount_images{state=\"stuck\"} 2.0");
    assertSays("lazymount_images{state=\"mounted\"} 0.0");
  }

  @Test
  void bypassesAreCountedWithoutTheNamesOfTheirImages() {
    status.counters().bypasses.add(3);
    status.bypasses().add("gcc", 7, "cat", Instant.now());
    assertSays("lazymount_bypass_accesses_total 3.0");
    assertSays("lazymount_images_bypassed 1.0");
  }

  @Test
  void jvmAndProcessMetricsAreExposed() {
    Set<String> names = names();
    for (String name :
        List.of(
            "jvm_memory_used_bytes",
            "jvm_gc_collection_seconds_count",
            "jvm_threads_current",
            "jvm_runtime_info",
            "process_cpu_seconds_total",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds")) {
      assertTrue(names.contains(name), () -> name + " is not in " + names);
    }
  }

  /** Whatever their number and their names. */
  @Test
  void imageNamesAreNeverLabels() {
    long before = text().lines().count();
    for (MountState state : MountState.values()) {
      for (int i = 0; i < 1000; i++) {
        image("evil\"}\n" + state + i, state);
      }
    }
    String text = text();
    assertEquals(before, text.lines().count());
    assertFalse(text.contains("evil"));
  }

  @Test
  void rulesAndDashboardUseExistingMetrics() throws IOException {
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 2.5, null, null));
    Set<String> names = names();
    Set<String> rules = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("conf", "prometheus", "lazymount.rules.yml"))) {
      if (line.strip().startsWith("expr:") || line.strip().startsWith("description:")) {
        rules.addAll(metricsIn(line));
      }
    }
    List<String> queries = new ArrayList<>();
    String dashboard = Files.readString(Path.of("conf", "grafana", "lazymount.json"));
    queriesIn(JsonParser.parseString(dashboard), queries);
    Set<String> shown =
        queries.stream().flatMap(query -> metricsIn(query).stream()).collect(Collectors.toSet());
    assertTrue(rules.size() > 8, rules::toString);
    assertTrue(shown.size() > 12, shown::toString);
    rules.removeAll(names);
    shown.removeAll(names);
    assertEquals(Set.of(), rules, "unknown metrics in the rules");
    assertEquals(Set.of(), shown, "unknown metrics in the dashboard");
  }

  @Test
  void everyAlertPointsToItsRunbookSection() throws IOException {
    String rules = Files.readString(Path.of("conf", "prometheus", "lazymount.rules.yml"));
    List<String> alerts =
        Pattern.compile("- alert: (\\w+)").matcher(rules).results().map(m -> m.group(1)).toList();
    List<String> pointers =
        Pattern.compile("runbook: \"src/site/markdown/operate.md#alert-(\\w+)\"")
            .matcher(rules)
            .results()
            .map(m -> m.group(1))
            .toList();
    assertEquals(12, alerts.size());
    assertEquals(alerts, pointers);
  }

  private static void queriesIn(JsonElement element, List<String> queries) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(each -> queriesIn(each, queries));
    } else if (element.isJsonObject()) {
      for (var entry : element.getAsJsonObject().entrySet()) {
        if (Set.of("expr", "definition").contains(entry.getKey())) {
          queries.add(entry.getValue().getAsString());
        } else {
          queriesIn(entry.getValue(), queries);
        }
      }
    }
  }

  private static Set<String> metricsIn(String text) {
    Matcher name = Pattern.compile("\\b(lazymount|jvm|process)_\\w+").matcher(text);
    Set<String> names = new TreeSet<>();
    while (name.find()) {
      names.add(name.group());
    }
    return names;
  }

  private Set<String> names() {
    return text()
        .lines()
        .filter(line -> !line.startsWith("# HELP"))
        .map(line -> line.replace("# TYPE ", "").replaceAll("[{ ].*", ""))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
