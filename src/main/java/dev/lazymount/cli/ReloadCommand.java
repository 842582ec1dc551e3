package dev.lazymount.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount reload}. */
@Command(
    name = "reload",
    mixinStandardHelpOptions = true,
    description = {
      "Have the daemon read its settings anew, as SIGHUP does: the file and the --set that it was",
      "started with. Settings that a running daemon can follow change at once, the others are",
      "named: they need a restart. If anything in the file is wrong, all stays as it was."
    },
    footer = {"", "Examples:", "  lazymount reload", "  systemctl reload lazymount"})
final class ReloadCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    int exit = DaemonClient.ask(options.runDirAnyway(), "reload", List.of(), this::print);
    if (exit == Main.NOT_RUNNING) {
      // Maybe because the file does not even say where it would be: then this says so.
      options.load();
    }
    return exit;
  }

  private int print(JsonElement answer) {
    JsonObject outcome = answer.getAsJsonObject();
    boolean refused = !outcome.getAsJsonArray("problems").isEmpty();
    if (json) {
      System.out.println(DaemonClient.JSON.toJson(outcome));
    } else if (refused) {
      outcome.getAsJsonArray("problems").forEach(problem -> Main.complain(problem.getAsString()));
      Main.complain("the settings are not valid; the daemon goes on with the old ones");
    } else {
      print(outcome, "applied", "in force      ");
      print(outcome, "needRestart", "needs a restart");
      if (outcome.getAsJsonArray("applied").isEmpty()) {
        System.out.println("nothing new that a running daemon can follow");
      }
    }
    return refused ? Main.USAGE : Main.OK;
  }

  private static void print(JsonObject outcome, String part, String label) {
    for (JsonElement each : outcome.getAsJsonArray(part)) {
      JsonObject change = each.getAsJsonObject();
      System.out.println(
          label
              + "  "
              + change.get("key").getAsString()
              + " = "
              + change.get("is").getAsString()
              + " (was "
              + change.get("was").getAsString()
              + ")");
    }
  }
}
