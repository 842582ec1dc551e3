package dev.lazymount.cli;

import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The manual page, in the macros of man(7), from what the commands say of themselves. */
final class ManPage {
  private final StringBuilder page = new StringBuilder();

  private ManPage() {}

  /** The page of a command and all its subcommands. */
  static String of(CommandLine line) {
    ManPage page = new ManPage();
    page.write(line);
    return page.page.toString();
  }

  private void write(CommandLine line) {
    UsageMessageSpec usage = line.getCommandSpec().usageMessage();
    macro(".TH LAZYMOUNT 1 \"\" \"Lazy Mount Daemon\" \"User Commands\"");
    section("NAME");
    text("lazymount - mount a compiler's image over its directory at the first access");
    section("SYNOPSIS");
    macro(".B lazymount");
    macro(".I COMMAND");
    text("[OPTION]...");
    section("DESCRIPTION");
    text(String.join(" ", usage.description()));
    macro(".PP");
    text(
        "The daemon is started by run, by systemd as a rule. All other commands end by"
            + " themselves.");
    section("COMMANDS");
    line.getSubcommands().forEach(this::command);
    section("EXIT STATUS");
    usage.exitCodeList().forEach(this::tagged);
    section("SIGNALS");
    tagged("SIGTERM, SIGINT", "end the daemon; what is mounted stays mounted.");
    tagged("SIGHUP", "has the daemon read its settings anew, as reload does.");
    section("ENVIRONMENT");
    tagged("NO_COLOR", "if set and not empty, nothing is coloured.");
    tagged("LAZYMOUNT_JAVA, JAVA_HOME", "the Java to use; else the one on PATH.");
    section("FILES");
    tagged("/etc/lazymount/application.conf", "the settings, each with its unit and reason.");
    tagged("/run/lazymount/control.sock", "where the daemon is asked.");
    tagged("/run/lock/lazymount", "the lock files, which all that mount under a root share.");
    tagged("/var/lib/lazymount/warm.list", "which images are mounted ahead after a start.");
    section("SEE ALSO");
    text("bpftrace(8), mksquashfs(1), systemctl(1)");
  }

  private void command(String name, CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    macro(".SS " + quoted("lazymount " + name + parameters(spec.positionalParameters())));
    text(String.join(" ", spec.usageMessage().description()));
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      tagged(parameter.paramLabel(), description(parameter));
    }
    for (OptionSpec option : spec.options()) {
      if (!option.hidden() && !option.usageHelp() && !option.versionHelp()) {
        tagged(String.join(", ", option.names()) + value(option), description(option));
      }
    }
    examples(spec.usageMessage().footer());
  }

  private static String parameters(List<PositionalParamSpec> parameters) {
    StringBuilder all = new StringBuilder();
    parameters.forEach(parameter -> all.append(' ').append(parameter.paramLabel()));
    return all.toString();
  }

  private static String value(OptionSpec option) {
    if (option.arity().max() == 0) {
      return "";
    }
    return option.arity().min() == 0 ? "[=" + option.paramLabel() + "]" : " " + option.paramLabel();
  }

  private static String description(ArgSpec argument) {
    return String.join(" ", argument.description());
  }

  private void examples(String[] footer) {
    macro(".PP");
    macro(".nf");
    Arrays.stream(footer).filter(line -> !line.isEmpty()).forEach(this::text);
    macro(".fi");
  }

  private void section(String name) {
    macro(".SH " + quoted(name));
  }

  private void tagged(String tag, String text) {
    macro(".TP");
    macro(".B " + quoted(tag));
    text(text);
  }

  private static String quoted(String text) {
    return '"' + escaped(text).replace("\"", "\\(dq") + '"';
  }

  private void text(String text) {
    String safe = escaped(text);
    boolean looksLikeMacro = safe.startsWith(".") || safe.startsWith("'");
    page.append(looksLikeMacro ? "\\&" : "").append(safe).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("%n", " ").replace("%%", "%");
  }

  private void macro(String line) {
    page.append(line).append('\n');
  }
}
