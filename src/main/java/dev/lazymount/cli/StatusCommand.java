package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.ops.ControlClient;
import dev.lazymount.ops.StatusReport;
import dev.lazymount.ops.StatusText;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Say how the running daemon is, and which images are mounted or why not.")
final class StatusCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = options.load();
    try {
      StatusReport status = ControlClient.status(settings.runDir());
      System.out.print(
          json ? ControlClient.json(status) + System.lineSeparator() : StatusText.of(status));
      return Main.OK;
    } catch (IOException e) {
      Main.complain("no daemon answers in " + settings.runDir() + ": " + e.getMessage());
      return Main.NOT_RUNNING;
    }
  }
}
