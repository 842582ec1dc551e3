package dev.lazymount.doctor;

import static dev.lazymount.support.TestSettings.settings;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The systemd unit, by the output of {@code systemctl show}. */
final class UnitChecksTest {
  private static final String SHOWN =
      """
      Type=notify
      TimeoutStartUSec=1min 30s
      WatchdogUSec=1min
      LimitMEMLOCK=infinity
      LoadState=loaded
      ActiveState=active
      NeedDaemonReload=no
      PrivateTmp=no
      ProtectSystem=no
      """;

  private static Map<String, String> unit(String key, String value) {
    Map<String, String> unit = new TreeMap<>(UnitChecks.properties(SHOWN));
    unit.put(key, value);
    return unit;
  }

  private static Finding unitFinding(String key, String value) {
    return UnitChecks.unit(unit(key, value));
  }

  private static void assertFinding(Finding.Level level, String part, Finding finding) {
    assertEquals(level, finding.level(), finding.toString());
    assertTrue(finding.finding().contains(part), finding.toString());
  }

  @Test
  void shippedUnitIsFine() {
    assertFinding(Finding.Level.OK, "active", unitFinding("ActiveState", "active"));
    assertFinding(
        Finding.Level.OK,
        "consistent",
        UnitChecks.timeouts(settings(""), UnitChecks.properties(SHOWN)));
  }

  @Test
  void ownMountNamespaceFails() {
    assertFinding(Finding.Level.FAIL, "PrivateTmp=yes", unitFinding("PrivateTmp", "yes"));
    assertFinding(
        Finding.Level.FAIL, "ProtectSystem=strict", unitFinding("ProtectSystem", "strict"));
  }

  @Test
  void lesserProblemsAreWarnings() {
    assertFinding(Finding.Level.WARN, "LimitMEMLOCK=65536", unitFinding("LimitMEMLOCK", "65536"));
    assertFinding(Finding.Level.WARN, "READY", unitFinding("Type", "simple"));
    assertFinding(Finding.Level.WARN, "daemon-reload", unitFinding("NeedDaemonReload", "yes"));
    assertFinding(Finding.Level.WARN, "not installed", unitFinding("LoadState", "not-found"));
    assertFinding(Finding.Level.WARN, "does not work", UnitChecks.unit(Map.of()));
  }

  @Test
  void contradictingTimeoutsAreNamed() {
    assertFinding(
        Finding.Level.WARN,
        "TimeoutStartSec=",
        UnitChecks.timeouts(settings("trace.canary-timeout = 10s"), unit("Type", "notify")));
    assertFinding(
        Finding.Level.WARN,
        "trace that reports nothing",
        UnitChecks.timeouts(settings(""), unit("WatchdogUSec", "8s")));
    assertFinding(
        Finding.Level.WARN,
        "trace.restart-max",
        UnitChecks.timeouts(settings("trace.restart-max = 5m"), unit("Type", "notify")));
  }

  @Test
  void timeSpansOfSystemctlAreParsed() {
    assertEquals(Optional.of(Duration.ofSeconds(90)), UnitChecks.span("1min 30s"));
    assertEquals(Optional.of(Duration.ofMillis(1500)), UnitChecks.span("1s 500ms"));
    assertEquals(Optional.of(Duration.ofHours(2)), UnitChecks.span("2h"));
    assertEquals(Optional.empty(), UnitChecks.span("infinity"));
    assertEquals(Optional.empty(), UnitChecks.span(null));
  }
}
