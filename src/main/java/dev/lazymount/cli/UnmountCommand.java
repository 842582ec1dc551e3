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
    description = {
      "Unmount images now, with or without a running daemon.",
      "Images in use stay mounted, and so do foreign mounts. The next access mounts an image again."
          + " After Ctrl-C, unmounts in progress are finished and the result so far is printed."
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

  @Option(names = "--json", description = "Print the result as JSON, for tools.")
  private boolean json;

  private static final class What {
    @Option(names = "--all", required = true, description = "All mounted images.")
    private boolean all;

    @Option(
        names = "--idle",
        required = true,
        description =
            "All mounted images that are not used for one second. Images in use are not a failure.")
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
