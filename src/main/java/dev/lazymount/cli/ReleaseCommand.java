package dev.lazymount.cli;

import dev.lazymount.hold.HoldCommands;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazymount release}. */
@Command(
    name = HoldCommands.RELEASE,
    description = {
      "End the hold of images, with or without a running daemon.",
      "The next access mounts them, unless their directory was written to shortly before."
    },
    footer = {"", "Example:", "  sudo lazymount release gcc-14.2.0"})
final class ReleaseCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print the result as JSON, for tools.")
  private boolean json;

  @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of images.")
  private List<String> names;

  @Override
  public Integer call() {
    return new HoldRun(HoldCommands.RELEASE, options.load(), json).run(names);
  }
}
