package dev.lazymount.cli;

import dev.lazymount.catalog.CatalogChanges;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lazymount rescan}. */
@Command(
    name = "rescan",
    description = {
      "Make the daemon scan the image directory now.",
      "Prints which images are new or removed. As after every scan, mounted images that were"
          + " replaced are swapped."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount rescan",
      "  lazymount rescan --json | jq -r '.added[]'"
    })
final class RescanCommand implements Callable<Integer> {
  /** So many names of each list are printed; {@code --json} prints them all. */
  private static final int MAX_NAMES = 20;

  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = options.load();
    try {
      CatalogChanges changes =
          DaemonClient.JSON.fromJson(
              DaemonClient.command(
                  settings.runDir(),
                  "rescan",
                  List.of(),
                  step -> System.err.println("lazymount: the scan is not finished; still waiting")),
              CatalogChanges.class);
      if (json) {
        System.out.println(DaemonClient.JSON.toJson(changes));
      } else {
        print(changes);
      }
      return changes.problem() == null ? Main.OK : Main.FAILED;
    } catch (IOException e) {
      return DaemonClient.complain(settings.runDir(), e);
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }

  private static void print(CatalogChanges changes) {
    System.out.println(
        changes.known()
            + " images and "
            + changes.links()
            + " symlinks to them, scanned in "
            + Humanize.millis(changes.millis()));
    print("new    ", changes.added());
    print("removed", changes.removed());
    if (changes.problem() != null) {
      Main.complain("scan: " + changes.problem());
    }
  }

  private static void print(String what, List<String> names) {
    names.stream().limit(MAX_NAMES).forEach(name -> System.out.println(what + "  " + name));
    if (names.size() > MAX_NAMES) {
      System.out.println(what + "  and " + (names.size() - MAX_NAMES) + " more");
    }
  }
}
