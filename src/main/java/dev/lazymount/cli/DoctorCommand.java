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
    mixinStandardHelpOptions = true,
    description = {
      "Try out all that the daemon needs, one line each, with how to mend what is wrong: an access",
      "is really traced and a tiny image really mounted, where nobody sees it. Changes nothing,"
          + " and",
      "does not disturb a running daemon. Each check is bounded in time."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount doctor",
      "  sudo lazymount doctor --json | jq '.[] | select(.level != \"OK\")'",
      "",
      "Warnings alone still exit with 0."
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
    String mend = finding.mend().isEmpty() ? "" : "; mend: " + finding.mend();
    System.out.println(
        style.paint(tone(finding.level()), level)
            + String.format(Locale.ROOT, "%-14s %s", finding.subject(), finding.finding() + mend));
  }

  private static Tone tone(Finding.Level level) {
    return switch (level) {
      case OK -> Tone.GOOD;
      case WARN -> Tone.WARN;
      case FAIL -> Tone.BAD;
    };
  }
}
