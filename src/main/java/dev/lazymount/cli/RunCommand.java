package dev.lazymount.cli;

import dev.lazymount.config.LiveSettings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.daemon.Daemon;
import dev.lazymount.daemon.StartFailure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazymount run}. */
@Command(
    name = "run",
    description = {
      "Run the daemon in the foreground.",
      "SIGTERM ends it; mounted images stay mounted."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount run",
      "  sudo lazymount run --set mode=observe --set run-dir=/run/try"
    })
final class RunCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Override
  public Integer call() {
    try {
      Daemon.run(
          () -> new LiveSettings(options.file(), options.overrides()),
          () -> SettingsLoader.actorConfig(options.file()));
      return Main.OK;
    } catch (StartFailure e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }
}
