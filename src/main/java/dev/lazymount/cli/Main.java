package dev.lazymount.cli;

import dev.lazymount.config.InvalidSettingsException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point: {@code lazymount COMMAND}. */
@Command(
    name = "lazymount",
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Mounts a compiler's image (squashfs or erofs) on its directory at the first access.",
    footer = {
      "",
      "Start with:",
      "  sudo lazymount doctor             are all prerequisites met?",
      "  lazymount status                  what is the daemon doing?",
      "  lazymount explain gcc-14.2.0      why is this compiler mounted, or why not?",
      "",
      "lazymount COMMAND --help describes one command, man lazymount all of them."
    },
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      DoctorCommand.class,
      StatusCommand.class,
      ExplainCommand.class,
      MountCommand.class,
      UnmountCommand.class,
      HoldCommand.class,
      ReleaseCommand.class,
      VerifyCommand.class,
      LearnedCommand.class,
      TraceCommand.class,
      RescanCommand.class,
      ReloadCommand.class,
      ConfigCommand.class,
      TrainCommand.class
    })
public final class Main extends CommonHelp implements Callable<Integer> {
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
      // Read by logback.xml.
      System.setProperty("lazymount.log.head", "journal");
    }
    System.exit(run(args));
  }

  /** Runs one command; returns its exit code. */
  static int run(String... args) {
    Optional<Class<?>> command = args.length == 0 ? Optional.empty() : command(args[0]);
    CommandLine line = command.map(Main::commandLine).orElseGet(Main::commandLine);
    return line.setExecutionExceptionHandler(Main::failed)
        .execute(command.isEmpty() ? args : Arrays.copyOfRange(args, 1, args.length));
  }

  /** The parser of all commands. */
  static CommandLine commandLine() {
    return new CommandLine(new Main());
  }

  /**
   * The parser of one command. Building the parser of all would take more time than the command
   * itself: picocli's classes can't be in the class archive, and it reads them by reflection.
   */
  private static CommandLine commandLine(Class<?> command) {
    return new CommandLine(command).setCommandName("lazymount " + nameOf(command));
  }

  private static Optional<Class<?>> command(String name) {
    Class<?>[] all = Main.class.getAnnotation(Command.class).subcommands();
    return Arrays.stream(all).filter(command -> nameOf(command).equals(name)).findFirst();
  }

  private static String nameOf(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  @Override
  public Integer call() {
    CommandLine.usage(this, System.err);
    return USAGE;
  }

  /** Prints an error in one line on standard error, for the journal with its level. */
  static void complain(String line) {
    String level = System.getenv("JOURNAL_STREAM") == null ? "" : "<3>";
    System.err.println(level + "lazymount: " + line.replaceAll("\\s*\\R\\s*", " | "));
  }

  /** Prints a stack trace for internal errors only. */
  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof InvalidSettingsException invalid) {
      invalid.problems().forEach(problem -> complain(problem.toString()));
      complain("the settings are not valid; nothing was done");
      return USAGE;
    }
    complain("internal error, please report it: " + e);
    e.printStackTrace();
    return FAILED;
  }
}
