package dev.lazymount.cli;

import dev.lazymount.control.ControlClient;
import dev.lazymount.linux.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lazymount status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Say how the running daemon is, and which images are mounted or why not: counts first, then",
      "what is wrong, then all images in use. Answered from the daemon's memory, so that it comes"
          + " at",
      "once also while the image storage hangs."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount status",
      "  lazymount status --watch",
      "  lazymount status --json | jq -r '.mounts[] | select(.state == \"failed\").reason'"
    })
final class StatusCommand implements Callable<Integer> {
  private static final double SHORTEST = 0.2;
  private static final double LONGEST = 3600;

  @Mixin private SettingsOptions options;
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Option(
      names = "--watch",
      arity = "0..1",
      fallbackValue = "1",
      paramLabel = "SECONDS",
      description = "Redraw it every SECONDS (by default each second) until it is interrupted.")
  private Double watch;

  @Override
  public Integer call() throws InterruptedException {
    Path runDir = options.runDir();
    if (watch != null) {
      return watch(runDir);
    }
    return StatusPrinter.print(runDir, json);
  }

  private int watch(Path runDir) throws InterruptedException {
    if (json) {
      throw new ParameterException(
          spec.commandLine(), "--watch draws on a terminal; --json is for tools: give one of them");
    }
    if (!(watch >= SHORTEST && watch <= LONGEST)) {
      throw new ParameterException(
          spec.commandLine(), "--watch takes seconds, from " + SHORTEST + " to 3600");
    }
    if (!Terminal.isStdout()) {
      throw new ParameterException(
          spec.commandLine(),
          "--watch needs a terminal, and standard output is none; for tools there is --json");
    }
    try (Screen screen = new Screen()) {
      while (true) {
        List<String> now;
        try {
          now = ControlClient.status(runDir, Style.ofTerminal().rendering()).lines().toList();
        } catch (IOException e) {
          now = List.of(DaemonClient.noAnswer(runDir, e));
        }
        screen.draw(now);
        Thread.sleep((long) (watch * 1000));
      }
    }
  }
}
