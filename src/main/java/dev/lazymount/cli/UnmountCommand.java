package dev.lazymount.cli;

import dev.lazymount.batch.RouterBatch;
import dev.lazymount.batch.Selection;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazymount unmount}. */
@Command(
    name = RouterBatch.UNMOUNT,
    mixinStandardHelpOptions = true,
    description = {
      "Unmount images now, with or without a running daemon. What is in use stays mounted, and so"
          + " does what is not an image of ours. The next access mounts again.",
      "Interrupted (Ctrl-C), it finishes what is begun and says how far it came."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount unmount gcc-14.2.0",
      "  sudo lazymount unmount --idle"
    })
final class UnmountCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @ArgGroup(multiplicity = "1")
  private What what;

  @Option(names = "--json", description = "Print the outcome as JSON, for tools.")
  private boolean json;

  private static final class What {
    @Option(names = "--all", required = true, description = "All that are mounted.")
    private boolean all;

    @Option(
        names = "--idle",
        required = true,
        description =
            "Those that are not in use, and are not used for a second either; that others are, is"
                + " no failure.")
    private boolean idle;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of images.")
    private List<String> names;
  }

  @Override
  public Integer call() {
    Selection selection =
        what.all ? Selection.all() : what.idle ? Selection.idle() : Selection.of(what.names);
    return new BatchRun(RouterBatch.UNMOUNT, options.load(), json).run(selection);
  }
}
