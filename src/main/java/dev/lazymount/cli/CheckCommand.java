package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Preflight;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazymount check}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Check the settings and this machine, start nothing, and say what is missing.",
    footer = {"", "Examples:", "  sudo lazymount check --config new.conf && sudo lazymount reload"})
final class CheckCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Override
  public Integer call() {
    Settings settings = options.load();
    List<String> problems = new ArrayList<>(Preflight.fatal(settings));
    problems.addAll(Preflight.trace(settings));
    if (problems.isEmpty()) {
      System.out.println("The settings are valid, and this machine has all that is needed.");
      return Main.OK;
    }
    problems.forEach(problem -> Main.complain(problem));
    return Main.FAILED;
  }
}
