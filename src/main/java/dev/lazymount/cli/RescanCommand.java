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
    mixinStandardHelpOptions = true,
    description = {
      "Have the daemon scan the image directory now, and say what is new or gone. Replaced images",
      "that are mounted are swapped after it, as after any scan."
    },
    footer = {
      "",
      "Examples:",
      "  lazymount rescan",
      "  lazymount rescan --json | jq -r '.added[]'"
    })
final class RescanCommand implements Callable<Integer> {
  /** Of a list, so many are printed; --json has them all. */
  private static final int SHOWN = 20;

  @Mixin private SettingsOptions options;

  @Option(names = "--json", description = "Print JSON, for tools.")
  private boolean json;

  @Override
  public Integer call() {
    Settings settings = options.load();
    try {
      CatalogChanges news =
          DaemonClient.JSON.fromJson(
              DaemonClient.command(
                  settings.runDir(),
                  "rescan",
                  List.of(),
                  step -> System.err.println("lazymount: the scan takes long; waiting for it")),
              CatalogChanges.class);
      if (json) {
        System.out.println(DaemonClient.JSON.toJson(news));
      } else {
        print(news);
      }
      return news.problem() == null ? Main.OK : Main.FAILED;
    } catch (IOException e) {
      return DaemonClient.complain(settings.runDir(), e);
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }

  private static void print(CatalogChanges news) {
    System.out.println(
        news.known()
            + " images and "
            + news.links()
            + " symlinks to them, scanned in "
            + Humanize.millis(news.millis()));
    print("new ", news.added());
    print("gone", news.removed());
    if (news.problem() != null) {
      Main.complain("scan: " + news.problem());
    }
  }

  private static void print(String what, List<String> names) {
    names.stream().limit(SHOWN).forEach(name -> System.out.println(what + "  " + name));
    if (names.size() > SHOWN) {
      System.out.println(what + "  and " + (names.size() - SHOWN) + " more");
    }
  }
}
