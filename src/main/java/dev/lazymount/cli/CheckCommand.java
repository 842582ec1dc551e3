package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Preflight;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazymount check}. */
@Command(
    name = "check",
    description = {
      "Check the settings and the prerequisites of a start.",
      "Prints what is missing for the daemon to start and to see accesses. Starts nothing. The"
          + " command doctor checks more."
    },
    footer = {"", "Examples:", "  sudo lazymount check --config new.conf && sudo lazymount reload"})
final class CheckCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Override
  public Integer call() {
    Settings settings = options.load();
    List<String> problems = Preflight.all(settings);
    if (problems.isEmpty()) {
      System.out.println("The settings are valid, and all prerequisites are met.");
      return Main.OK;
    }
    problems.forEach(problem -> Main.complain(problem));
    return Main.FAILED;
  }
}
