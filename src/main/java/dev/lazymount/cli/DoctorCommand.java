package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Doctor;
import dev.lazymount.doctor.Finding;
import dev.lazymount.status.StatusText.Tone;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount doctor}. */
@Command(
    name = "doctor",
    description = {
      "Check every prerequisite, and print how to fix what is missing.",
      "Traces a real access and mounts a tiny image, invisible to other processes. Changes nothing,"
          + " and does not disturb a running daemon. Each check has a time-out."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount doctor",
      "  sudo lazymount doctor --json | jq '.[] | select(.level != \"OK\")'",
      "",
      "With warnings only, the exit code is 0."
    })
final class DoctorCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = options.load();
    List<Finding> findings = Doctor.examine(settings, json ? finding -> {} : this::print);
    if (json) {
      System.out.println(DaemonClient.JSON.toJson(findings));
    }
    long failed = count(findings, Finding.Level.FAIL);
    if (!json) {
      System.out.println(
          failed
              + " failed, "
              + count(findings, Finding.Level.WARN)
              + " warnings, "
              + count(findings, Finding.Level.OK)
              + " ok");
    }
    return failed == 0 ? Main.OK : Main.FAILED;
  }

  private static long count(List<Finding> findings, Finding.Level level) {
    return findings.stream().filter(finding -> finding.level() == level).count();
  }

  private void print(Finding finding) {
    Style style = Style.ofTerminal();
    String level = String.format(Locale.ROOT, "%-5s", finding.level().word());
    String fix = finding.fix().isEmpty() ? "" : "; fix: " + finding.fix();
    System.out.println(
        style.paint(tone(finding.level()), level)
            + String.format(Locale.ROOT, "%-14s %s", finding.subject(), finding.finding() + fix));
  }

  private static Tone tone(Finding.Level level) {
    return switch (level) {
      case OK -> Tone.GOOD;
      case WARN -> Tone.WARN;
      case FAIL -> Tone.BAD;
    };
  }
}
