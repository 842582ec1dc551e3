package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Makes every check, one after the other, each with a time-out. */
public final class Doctor {
  private Doctor() {}

  /**
   * Checks every prerequisite on this host.
   *
   * @param settings the settings that the daemon would start with
   * @param report receives each finding as soon as it is known
   * @return all findings
   */
  public static List<Finding> examine(Settings settings, Consumer<Finding> report) {
    return examine(checks(settings), report);
  }

  static List<Finding> examine(List<Check> checks, Consumer<Finding> report) {
    List<Finding> findings = new ArrayList<>();
    try {
      for (Check check : checks) {
        Finding finding = check.run();
        findings.add(finding);
        report.accept(finding);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return findings;
  }

  /** All checks. One that depends on others comes after them. */
  static List<Check> checks(Settings settings) {
    List<Check> checks = new ArrayList<>();
    checks.addAll(MachineChecks.all(settings));
    checks.addAll(TraceChecks.tools(settings));
    checks.addAll(MountChecks.all(settings));
    checks.addAll(DirectoryChecks.all(settings));
    checks.add(TraceChecks.trial(settings));
    checks.addAll(UnitChecks.all(settings));
    return checks;
  }
}
