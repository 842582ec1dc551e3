package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Help, manual page and completion describe every command. */
final class HelpTest {
  private static List<CommandSpec> commands() {
    return Main.commandLine().getSubcommands().values().stream()
        .map(CommandLine::getCommandSpec)
        .filter(command -> !command.usageMessage().hidden())
        .toList();
  }

  @Test
  void everyHelpHasAnExampleAndTheExitCodes() {
    for (CommandSpec command : commands()) {
      String help = command.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
      assertTrue(help.contains("Usage: lazymount " + command.name()), help);
      assertTrue(help.contains("Example"), help);
      assertTrue(help.contains("  3   the daemon is not running"), help);
      help.lines().forEach(line -> assertTrue(line.length() <= 100, line));
    }
  }

  @Test
  void helpOfStatus() {
    assertEquals(
        """
        Usage: lazymount status [-hV] [--json] [--watch[=SECONDS]] [--config=FILE] [--set=KEY=VALUE]...
        Print the state of the running daemon and its images.
        Figures first, then problems, then the images in use. Does not access the image storage, so it
        works while that hangs.
              --config=FILE       Read settings from FILE (default: /etc/lazymount/application.conf, if it
                                    exists).
          -h, --help              Show this help message and exit.
              --json              Print JSON, for tools.
              --set=KEY=VALUE     Set one setting, before the file; may be repeated.
          -V, --version           Print version information and exit.
              --watch[=SECONDS]   Redraw the status every SECONDS (default: 1) until interrupted.

        Exit codes:
          0   done
          1   the operation failed
          2   usage or configuration
          3   the daemon is not running

        Examples:
          lazymount status
          lazymount status --watch
          lazymount status --json | jq -r '.mounts[] | select(.state == "failed").reason'
        """,
        Main.commandLine()
            .getSubcommands()
            .get("status")
            .getUsageMessage(CommandLine.Help.Ansi.OFF));
  }

  @Test
  void buildCommandIsNotInTheHelp() {
    String help = Main.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
    assertTrue(help.contains("explain"), help);
    assertFalse(help.contains("train"), help);
  }

  @Test
  void manualPageHasEveryCommandAndOption() throws IOException {
    String page = Files.readString(Path.of("src/main/man/lazymount.1"));
    for (CommandSpec command : commands()) {
      int start = page.indexOf(".SS lazymount " + command.name());
      assertTrue(start >= 0, command.name());
      int next = page.indexOf("\n.S", start);
      String section =
          page.substring(0, page.indexOf(".SH COMMANDS")) + page.substring(start, next);
      for (OptionSpec option : command.options()) {
        String name = option.longestName().replace("-", "\\-");
        assertTrue(section.contains(name), command.name() + " " + option.longestName());
      }
    }
  }

  @Test
  void manualPageHasEveryExitCode() throws IOException {
    String page = Files.readString(Path.of("src/main/man/lazymount.1"));
    Main.commandLine()
        .getCommandSpec()
        .usageMessage()
        .exitCodeList()
        .forEach(
            (code, meaning) ->
                assertTrue(page.contains(".B " + code + "\n" + meaning + "\n"), code));
  }

  @Test
  void completionKnowsEveryCommand() {
    String script = AutoComplete.bash("lazymount", Main.commandLine());
    for (CommandSpec command : commands()) {
      assertTrue(script.contains("picocli_lazymount_" + command.name()), command.name());
    }
  }

  @Test
  void watchDrawsAllLinesThatFit() {
    assertEquals(
        "\u001b[H\u001b[?7la\u001b[K\r\nb\u001b[K\r\n\u001b[J\u001b[?7h",
        StatusCommand.redraw(List.of("a", "b"), 3));
  }

  @Test
  void watchCountsTheLinesThatDoNotFit() {
    String drawn = StatusCommand.redraw(List.of("a", "b", "c", "d"), 4);
    assertTrue(drawn.contains("b\u001b[K\r\n(2 more lines)\u001b[K"), drawn);
    assertFalse(drawn.contains("c\u001b[K"), drawn);
  }
}
