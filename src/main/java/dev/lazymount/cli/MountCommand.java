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

/** {@code lazymount mount}. */
@Command(
    name = RouterBatch.MOUNT,
    description = {
      "Mount images now, with or without a running daemon.",
      "Parent and nested images are included. After Ctrl-C, mounts in progress are finished and the"
          + " result so far is printed."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount mount gcc-14.2.0 arm64/gcc-14.2.0",
      "  sudo lazymount mount --all --json | jq .failed"
    })
final class MountCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @ArgGroup(multiplicity = "1")
  private What what;

  @Option(names = "--json", description = "Print the result as JSON, for tools.")
  private boolean json;

  private static final class What {
    @Option(names = "--all", required = true, description = "All images.")
    private boolean all;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of images.")
    private List<String> names;
  }

  @Override
  public Integer call() {
    Selection selection = what.all ? Selection.all() : Selection.of(what.names);
    return new BatchRun(RouterBatch.MOUNT, options.load(), json).run(selection);
  }
}
