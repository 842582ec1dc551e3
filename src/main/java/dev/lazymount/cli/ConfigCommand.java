package dev.lazymount.cli;

import com.google.gson.JsonElement;
import dev.lazymount.config.EffectiveValue;
import dev.lazymount.config.SettingsLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount config}. */
@Command(
    name = "config",
    description = {
      "Print every setting with its value and its origin.",
      "The origin is a line of the file, --set or the default (reference.conf). Values are not"
          + " checked."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount config",
      "  lazymount config --running        the settings of the running daemon",
      "  lazymount config --json | jq -r '.[] | select(.key == \"lazymount.mode\").value'"
    })
final class ConfigCommand implements Callable<Integer> {
  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Option(names = "--running", description = "Print the settings that the running daemon uses.")
  private boolean running;

  @Override
  public Integer call() {
    if (running) {
      return DaemonClient.ask(options.runDir(), "config", List.of(), this::print);
    }
    print(SettingsLoader.explain(options.file(), options.overrides()));
    return Main.OK;
  }

  private int print(JsonElement answer) {
    List<EffectiveValue> values = new ArrayList<>();
    answer
        .getAsJsonArray()
        .forEach(value -> values.add(DaemonClient.JSON.fromJson(value, EffectiveValue.class)));
    print(values);
    return Main.OK;
  }

  private void print(List<EffectiveValue> values) {
    if (json) {
      System.out.println(DaemonClient.JSON.toJson(values));
      return;
    }
    int widest = values.stream().mapToInt(value -> value.key().length()).max().orElse(1);
    String form = "%-" + widest + "s = %-28s %s";
    for (EffectiveValue value : values) {
      System.out.println(
          String.format(Locale.ROOT, form, value.key(), value.value(), "# " + value.origin()));
    }
  }
}
