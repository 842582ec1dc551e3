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
    description = {
      "Print the state of the running daemon and its images.",
      "Figures first, then problems, then the images in use. Does not access the image storage, so"
          + " it works while that hangs."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount status",
      "  lazymount status --watch",
      "  lazymount status --json | jq -r '.mounts[] | select(.state == \"failed\").reason'"
    })
final class StatusCommand implements Callable<Integer> {
  private static final String ESC = "\u001b[";
  private static final String HOME = ESC + "H";
  private static final String CLEAR_LINE = ESC + "K";
  private static final String CLEAR_BELOW = ESC + "J";
  private static final String NO_WRAP = ESC + "?7l";
  private static final String WRAP = ESC + "?7h";

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
      description = "Redraw the status every SECONDS (default: 1) until interrupted.")
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
      throw new ParameterException(spec.commandLine(), "--watch and --json exclude each other");
    }
    if (!(watch >= SHORTEST && watch <= LONGEST)) {
      throw new ParameterException(
          spec.commandLine(), "--watch needs a number of seconds from 0.2 to 3600");
    }
    if (!Terminal.isThere()) {
      throw new ParameterException(
          spec.commandLine(), "--watch needs a terminal on standard output; for tools, use --json");
    }
    while (true) {
      List<String> lines;
      try {
        lines = ControlClient.status(runDir, Style.ofTerminal().rendering()).lines().toList();
      } catch (IOException e) {
        lines = List.of(DaemonClient.noAnswer(runDir, e));
      }
      System.out.print(redraw(lines, Terminal.rows()));
      System.out.flush();
      Thread.sleep((long) (watch * 1000));
    }
  }

  /**
   * Escape sequences (ECMA-48, DECAWM) that draw lines over the previous ones. Each line is cut at
   * the right margin by switching wrapping off, and only what follows is cleared, so that nothing
   * flickers.
   *
   * @param rows the height of the terminal
   */
  static String redraw(List<String> lines, int rows) {
    int shown = lines.size() < rows ? lines.size() : Math.max(0, rows - 2);
    StringBuilder text = new StringBuilder(HOME).append(NO_WRAP);
    lines.subList(0, shown).forEach(line -> text.append(line).append(CLEAR_LINE).append("\r\n"));
    if (shown < lines.size()) {
      text.append("(" + (lines.size() - shown) + " more lines)").append(CLEAR_LINE);
    }
    return text.append(CLEAR_BELOW).append(WRAP).toString();
  }
}
