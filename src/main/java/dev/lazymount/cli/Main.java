package dev.lazymount.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point: {@code lazymount COMMAND}. */
@Command(
    name = "lazymount",
    version = "lazymount ${lazymount.version}",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Mounts a compiler's squashfs image over its directory at the first access.",
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      StatusCommand.class,
      MountCommand.class,
      UnmountCommand.class,
      TraceCommand.class,
      TrainCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 done; 1 the operation failed; 2 usage or configuration; 3 the daemon is not"
          + " running."
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

  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    String version = Main.class.getPackage().getImplementationVersion();
    System.setProperty("lazymount.version", version == null ? "(not packaged)" : version);
    if (System.getenv("JOURNAL_STREAM") != null) {
      // Read by LogSetup, and by a logback.xml.
      System.setProperty("lazymount.log.head", "journal");
    }
    System.exit(run(args));
  }

  /** Runs one command; its exit code. */
  static int run(String... args) {
    return new CommandLine(new Main()).setExecutionExceptionHandler(Main::explain).execute(args);
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

  /** A failure is one clear line, and a stack trace only where it is a fault of ours. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof dev.lazymount.config.InvalidSettingsException invalid) {
      invalid.problems().forEach(problem -> complain(problem.toString()));
      complain("the settings are not valid, and nothing was started");
      return USAGE;
    }
    complain("internal error, please report it: " + e);
    e.printStackTrace();
    return FAILED;
  }
}
