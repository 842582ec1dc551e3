package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Help, man page and completion know every command, and what it exits with. */
final class HelpTest {
  @Test
  void everyHelpHasAnExampleAndTheExitCodes() {
    Main.commandLine()
        .getSubcommands()
        .forEach(
            (name, command) -> {
              String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
              assertTrue(help.contains("Usage: lazymount " + name), help);
              assertTrue(help.contains("Example"), help);
              assertTrue(help.contains("  3   the daemon is not running"), help);
              help.lines().forEach(line -> assertTrue(line.length() <= 100, line));
            });
  }

  @Test
  void theManPageHasEveryCommandAndEscapesWhatTroffWouldTakeForItsOwn() {
    String page = ManPage.of(Main.commandLine());
    for (String command : Main.commandLine().getSubcommands().keySet()) {
      assertTrue(page.contains(".SS \"lazymount " + command), command);
    }
    assertFalse(page.contains("train"), "what only the build uses");
    page.lines()
        .filter(line -> line.startsWith(".") || line.startsWith("'"))
        .forEach(line -> assertTrue(line.matches("\\.(TH|SH|SS|TP|B|I|PP|nf|fi)( .*)?"), line));
  }

  @Test
  void theCompletionKnowsEveryCommand() {
    String script = AutoComplete.bash("lazymount", Main.commandLine());
    for (String command : Main.commandLine().getSubcommands().keySet()) {
      assertTrue(script.contains("picocli_lazymount_" + command), command);
    }
  }

  @Test
  void linesAreCutWhereTheTerminalEndsAndColoursAreKept() {
    assertEquals("\u001b[31mab\u001b[0m", Screen.cut("\u001b[31mabcd\u001b[0mef", 2));
    assertEquals("abc", Screen.cut("abc", 3));
  }
}
