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
    description = {
      "Make the daemon read its settings again, as SIGHUP does.",
      "Reads the file and the --set options that the daemon was started with. Changes to some"
          + " settings take effect at once; changes to others are listed and take effect after a"
          + " restart. An invalid file is rejected as a whole."
    },
    footer = {"", "Examples:", "  lazymount reload", "  systemctl reload lazymount"})
final class ReloadCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    return DaemonClient.ask(options.runDir(), "reload", List.of(), this::print);
  }

  private int print(JsonElement answer) {
    JsonObject outcome = answer.getAsJsonObject();
    boolean refused = !outcome.getAsJsonArray("problems").isEmpty();
    if (json) {
      System.out.println(DaemonClient.JSON.toJson(outcome));
    } else if (refused) {
      outcome.getAsJsonArray("problems").forEach(problem -> Main.complain(problem.getAsString()));
      Main.complain("the settings are not valid; the daemon keeps the old ones");
    } else {
      print(outcome, "applied", "applied        ");
      print(outcome, "needRestart", "needs a restart");
      if (outcome.getAsJsonArray("applied").isEmpty()) {
        System.out.println("no changes to apply");
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
