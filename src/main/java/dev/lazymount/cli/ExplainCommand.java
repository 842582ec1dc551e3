package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.control.NotRunning;
import dev.lazymount.explain.Explanation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazymount explain}. */
@Command(
    name = "explain",
    description = {
      "Explain why a compiler is mounted or not.",
      "Prints each step from the path to the verdict, and what happens next. Without a running"
          + " daemon, scans the image directory itself."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount explain gcc-14.2.0",
      "  lazymount explain /opt/compiler-explorer/gcc-trunk/bin/g++",
      "  sudo lazymount explain --pid 4711 gcc-14.2.0",
      "  lazymount explain --json arm64/gcc-14.2.0 | jq -r .state"
    })
final class ExplainCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "Also say what this process sees: the image, or the original directory.")
  private Long pid;

  @Parameters(
      paramLabel = "NAME|PATH",
      description = "A name below root, or a path that is absolute or starts with ./ or ../")
  private String asked;

  @Override
  public Integer call() {
    Settings settings = options.load();
    String path = SymlinkResolver.absolute(asked);
    Optional<String> resolved = SymlinkResolver.resolve(path, settings);
    List<String> arguments = new ArrayList<>(List.of(path));
    resolved.ifPresent(arguments::add);
    Explanation explanation;
    try {
      explanation =
          DaemonClient.JSON.fromJson(
              DaemonClient.command(settings.runDir(), "explain", arguments, step -> {}),
              Explanation.class);
    } catch (NotRunning e) {
      explanation = OfflineExplainer.explain(settings, path, resolved);
    } catch (IOException e) {
      return DaemonClient.complain(settings.runDir(), e);
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
    explanation = withProcesses(explanation);
    System.out.print(
        json ? DaemonClient.JSON.toJson(explanation) + System.lineSeparator() : explanation.text());
    return Main.OK;
  }

  /** With what other processes see of the image. */
  private Explanation withProcesses(Explanation explanation) {
    Explanation all = explanation;
    boolean bypassed =
        all.steps().stream().anyMatch(step -> step.what().equals(Explanation.BYPASSED));
    if (bypassed && all.device() != null) {
      Optional<String> without = ProcessView.without(all.device());
      if (without.isPresent()) {
        all = all.with(new Explanation.Step("namespaces", without.get()));
      }
    }
    return pid == null ? all : all.with(new Explanation.Step("process", ProcessView.of(pid, all)));
  }
}
