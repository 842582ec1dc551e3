package dev.lazymount.cli;

import dev.lazymount.config.InvalidSettingsException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point: {@code lazymount COMMAND}. */
@Command(
    name = "lazymount",
    version = "lazymount ${lazymount.version}",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Mounts a compiler's image (squashfs, erofs) over its directory at the first access.",
    footer = {
      "",
      "Begin with:",
      "  sudo lazymount doctor             has this machine all it takes?",
      "  lazymount status                  how is the daemon?",
      "  lazymount explain gcc-14.2.0      why is this compiler mounted, or not?",
      "",
      "lazymount COMMAND --help tells of each command; man lazymount has it all."
    })
public final class Main implements Callable<Integer> {
  /** Done. */
  static final int OK = 0;

  /** The operation failed. */
  static final int FAILED = 1;

  /** Usage or configuration. */
  static final int USAGE = 2;

  /** The daemon is not running. */
  static final int NOT_RUNNING = 3;

  /** In a class of its own, which a plain line does without. */
  private static final class Commands {
    /** Every command by name, in the order of the help; made only when asked for. */
    private static final Map<String, Supplier<Object>> ALL = new LinkedHashMap<>();

    static {
      ALL.put("run", RunCommand::new);
      ALL.put("check", CheckCommand::new);
      ALL.put("doctor", DoctorCommand::new);
      ALL.put("status", StatusCommand::new);
      ALL.put("explain", ExplainCommand::new);
      ALL.put("mount", MountCommand::new);
      ALL.put("unmount", UnmountCommand::new);
      ALL.put("trace", TraceCommand::new);
      ALL.put("rescan", RescanCommand::new);
      ALL.put("reload", ReloadCommand::new);
      ALL.put("config", ConfigCommand::new);
    }

    /** For the build alone. */
    private static final Map<String, Supplier<Object>> BUILD =
        Map.of("train", TrainCommand::new, "docs", DocsCommand::new);

    private static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

    static {
      EXIT_CODES.put("0", "done");
      EXIT_CODES.put("1", "the operation failed");
      EXIT_CODES.put("2", "usage or configuration");
      EXIT_CODES.put("3", "the daemon is not running");
    }
  }

  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    String version = Main.class.getPackage().getImplementationVersion();
    System.setProperty("lazymount.version", version == null ? "(not packaged)" : version);
    if (System.getenv("JOURNAL_STREAM") != null) {
      // Read by logback.xml.
      System.setProperty("lazymount.log.head", "journal");
    }
    System.exit(run(args));
  }

  /** Runs one command; its exit code. */
  static int run(String... args) {
    try {
      OptionalInt plain = FastPath.run(args);
      if (plain.isPresent()) {
        return plain.getAsInt();
      }
    } catch (InvalidSettingsException e) {
      return refuse(e);
    } catch (RuntimeException e) {
      return fault(e);
    }
    String first = args.length == 0 ? "" : args[0];
    // Reading the annotations of all commands would take longer than most commands do.
    CommandLine line =
        Commands.ALL.containsKey(first)
            ? commandLine(Map.of(first, Commands.ALL.get(first)))
            : Commands.BUILD.containsKey(first) ? commandLine(Commands.BUILD) : commandLine();
    return line.setExecutionExceptionHandler(Main::explain).execute(args);
  }

  /** With every command that is for people. */
  static CommandLine commandLine() {
    return commandLine(Commands.ALL);
  }

  private static CommandLine commandLine(Map<String, Supplier<Object>> commands) {
    CommandLine line = new CommandLine(new Main());
    commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
    tellExitCodes(line);
    line.getSubcommands().values().forEach(Main::tellExitCodes);
    return line;
  }

  private static void tellExitCodes(CommandLine line) {
    line.getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(Commands.EXIT_CODES);
  }

  @Override
  public Integer call() {
    CommandLine.usage(this, System.err);
    return USAGE;
  }

  /** A line for people on stderr; the journal is told that it is an error. */
  static void complain(String line) {
    String level = System.getenv("JOURNAL_STREAM") == null ? "" : "<3>";
    System.err.println(level + "lazymount: " + line.replaceAll("\\s*\\R\\s*", " | "));
  }

  private static int fault(Exception e) {
    complain("internal error, please report it: " + e);
    e.printStackTrace();
    return FAILED;
  }

  /** A failure is one clear line, and a stack trace only where it is a fault of ours. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof InvalidSettingsException invalid) {
      return refuse(invalid);
    }
    return fault(e);
  }

  private static int refuse(InvalidSettingsException invalid) {
    invalid.problems().forEach(problem -> complain(problem.toString()));
    complain("the settings are not valid, and nothing was started");
    return USAGE;
  }
}
