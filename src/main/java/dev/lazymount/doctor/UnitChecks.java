package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.text.Humanize;
import dev.lazymount.trace.TraceSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Checks the systemd unit, and whether its time-outs fit the settings. */
final class UnitChecks {
  private static final String UNIT = "lazymount.service";

  /** Unit settings that create a mount namespace, each with the value that does not. */
  private static final Map<String, String> NO_NAMESPACE =
      new TreeMap<>(
          Map.of(
              "PrivateMounts", "no",
              "PrivateTmp", "no",
              "PrivateDevices", "no",
              "ProtectSystem", "no",
              "ProtectHome", "no",
              "ProtectKernelTunables", "no",
              "ProtectKernelModules", "no",
              "ProtectKernelLogs", "no",
              "ProtectControlGroups", "no",
              "DynamicUser", "no"));

  private UnitChecks() {}

  static List<Check> all(Settings settings) {
    if (!Files.isDirectory(Path.of("/run/systemd/system"))) {
      return List.of(
          Check.of("unit", () -> Finding.ok("unit", "not checked: systemd is not running")),
          Check.of("time-outs", () -> timeouts(settings, Map.of())));
    }
    return List.of(
        Check.of("unit", () -> unit(show())),
        Check.of("time-outs", () -> timeouts(settings, show())));
  }

  private static Map<String, String> show() throws InterruptedException {
    return properties(
        Tool.output(Duration.ofSeconds(4), "systemctl", "show", UNIT, "--no-pager").orElse(""));
  }

  static Map<String, String> properties(String shown) {
    Map<String, String> properties = new TreeMap<>();
    shown
        .lines()
        .filter(line -> line.indexOf('=') > 0)
        .forEach(
            line ->
                properties.put(
                    line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
    return properties;
  }

  static Finding unit(Map<String, String> unit) {
    if (unit.isEmpty()) {
      return Finding.warn("unit", "systemctl show does not work", "run systemctl show " + UNIT);
    }
    if (!unit.getOrDefault("LoadState", "").equals("loaded")) {
      return Finding.warn(
          "unit", UNIT + " is not installed", "install it if systemd is to run the daemon");
    }
    List<String> ownNamespace =
        NO_NAMESPACE.entrySet().stream()
            .filter(e -> !unit.getOrDefault(e.getKey(), e.getValue()).equals(e.getValue()))
            .map(e -> e.getKey() + "=" + unit.get(e.getKey()))
            .toList();
    if (!ownNamespace.isEmpty()) {
      return Finding.fail(
          "unit",
          String.join(", ", ownNamespace)
              + ": the service gets its own mount namespace, and its mounts are invisible"
              + " elsewhere",
          "remove it from the unit (systemctl cat " + UNIT + ")");
    }
    List<String> wrong = new ArrayList<>();
    if (!unit.getOrDefault("LimitMEMLOCK", "infinity").equals("infinity")) {
      wrong.add(
          "LimitMEMLOCK=" + unit.get("LimitMEMLOCK") + " (BPF needs infinity before Linux 5.11)");
    }
    if (!unit.getOrDefault("Type", "").startsWith("notify")) {
      wrong.add("Type=" + unit.get("Type") + " (systemd does not wait for READY; set notify)");
    }
    if (unit.getOrDefault("NeedDaemonReload", "no").equals("yes")) {
      wrong.add("its file has changed (run systemctl daemon-reload)");
    }
    return wrong.isEmpty()
        ? Finding.ok("unit", UNIT + " is " + unit.getOrDefault("ActiveState", "there"))
        : Finding.warn("unit", String.join("; ", wrong), "systemctl edit " + UNIT);
  }

  static Finding timeouts(Settings settings, Map<String, String> unit) {
    List<String> wrong = new ArrayList<>();
    Settings.Trace trace = settings.trace();
    Duration start = trace.canaryTimeout().multipliedBy(TraceSource.START_PATIENCE);
    span(unit.get("TimeoutStartUSec"))
        .filter(limit -> limit.compareTo(start) <= 0)
        .ifPresent(
            limit ->
                wrong.add(
                    "TimeoutStartSec= ("
                        + Humanize.exact(limit)
                        + ") is not longer than "
                        + TraceSource.START_PATIENCE
                        + " times trace.canary-timeout ("
                        + Humanize.exact(start)
                        + ")"));
    Optional<Duration> watchdog = span(unit.get("WatchdogUSec")).filter(d -> !d.isZero());
    watchdog
        .filter(limit -> limit.compareTo(trace.canaryTimeout().multipliedBy(2)) <= 0)
        .ifPresent(
            limit ->
                wrong.add(
                    "WatchdogSec= ("
                        + Humanize.exact(limit)
                        + ") ends the daemon before a trace that reports nothing can be restarted"
                        + " (trace.canary-timeout "
                        + Humanize.exact(trace.canaryTimeout())
                        + ")"));
    watchdog
        .filter(limit -> limit.compareTo(trace.restartMax()) <= 0)
        .ifPresent(
            limit ->
                wrong.add(
                    "trace.restart-max is not shorter than WatchdogSec= " + Humanize.exact(limit)));
    if (settings.mount().timeout().compareTo(Duration.ofSeconds(1)) < 0) {
      wrong.add("mount.timeout is below 1 s: healthy mounts may be shown as stuck");
    }
    return wrong.isEmpty()
        ? Finding.ok("time-outs", "consistent")
        : Finding.warn("time-outs", String.join("; ", wrong), "change the unit or the settings");
  }

  /** A time span as systemctl prints it: {@code 1min 30s}; empty for {@code infinity} and null. */
  static Optional<Duration> span(String shown) {
    if (shown == null || !shown.matches("\\s*(\\d+(us|ms|s|min|h|d)?\\s*)+")) {
      return Optional.empty();
    }
    Duration sum = Duration.ZERO;
    for (String part : shown.strip().split("\\s+", -1)) {
      long number = Long.parseLong(part.replaceAll("\\D", ""));
      sum =
          sum.plus(
              switch (part.replaceAll("\\d", "")) {
                case "us" -> Duration.ofNanos(number * 1000);
                case "ms" -> Duration.ofMillis(number);
                case "min" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                case "d" -> Duration.ofDays(number);
                default -> Duration.ofSeconds(number);
              });
    }
    return Optional.of(sum);
  }
}
