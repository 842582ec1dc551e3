package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.daemon.AccessWatch;
import dev.lazymount.doctor.Preflight;
import dev.lazymount.status.Access;
import dev.lazymount.text.Printable;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount trace}. */
@Command(
    name = "trace",
    description = {
      "Print accesses below root as they are traced.",
      "Runs until interrupted, with or without a daemon, and mounts nothing. Each name is printed"
          + " once per trace.window. The resolved program reports as many components of a path as"
          + " the deepest image name has. PIDs are those of the host, also inside containers."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount trace",
      "  sudo lazymount trace --json | jq -r 'select(.image == null).path'"
    })
final class TraceCommand implements Callable<Integer> {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print one JSON object per line, for tools.")
  private boolean json;

  /** A line of {@code --json}. */
  private record Line(
      String time, String command, int pid, String call, String path, String image) {}

  @Override
  public Integer call() {
    Settings settings = options.load();
    List<String> problems = Preflight.all(settings);
    if (!problems.isEmpty()) {
      problems.forEach(problem -> Main.complain(problem));
      return Main.FAILED;
    }
    if (!json) {
      print("TIME", "COMMAND", "PID", "CALL", "IMAGE", "PATH");
    }
    AccessWatch.run(
        settings,
        SettingsLoader.actorConfig(options.file()),
        new AccessWatch.Listener(this::print, news -> Main.complain(Printable.of(news))));
    return Main.OK;
  }

  /** Prints an access; false if standard output is closed, as by {@code lazymount trace | head}. */
  private boolean print(AccessWatch.Sight sight) {
    Access access = sight.access();
    String path = String.join("/", sight.below());
    String time = LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS).toString();
    String image = sight.image().map(i -> i.file()).orElse(null);
    if (json) {
      System.out.println(
          GSON.toJson(new Line(time, access.comm(), access.pid(), access.call(), path, image)));
    } else {
      print(
          time,
          Printable.of(access.comm()),
          Integer.toString(access.pid()),
          access.call(),
          image == null ? "-" : image,
          Printable.of(path));
    }
    return !System.out.checkError();
  }

  private static void print(
      String time, String command, String pid, String call, String image, String path) {
    System.out.println(
        String.format(
            Locale.ROOT, "%-12s %-15s %8s %-10s %-30s %s", time, command, pid, call, image, path));
  }
}
