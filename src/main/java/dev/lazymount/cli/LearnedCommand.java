package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.learned.Inputs;
import dev.lazymount.learned.Learned;
import dev.lazymount.learned.Merge;
import dev.lazymount.linux.SmallFile;
import dev.lazymount.readahead.FileList;
import dev.lazymount.text.Humanize;
import dev.lazymount.text.Printable;
import dev.lazymount.warm.WarmList;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazymount learned}. */
@Command(
    name = "learned",
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "What hosts have learned: which compilers are used, and which files of their images.",
      "export prints what this host has learned. merge makes a seed for other hosts of the lists of"
          + " many. report prints which compilers were used, and which images were not."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount learned export > node7",
      "  lazymount learned merge --output seed seed node7 http://node8:9723/api/learned",
      "  lazymount learned report --days 30 seed"
    },
    subcommands = {
      LearnedCommand.Export.class,
      LearnedCommand.MergeLists.class,
      LearnedCommand.Report.class
    })
final class LearnedCommand extends CommonHelp implements Callable<Integer> {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine.usage(spec.commandLine(), System.err);
    return Main.USAGE;
  }

  /** {@code lazymount learned export}. */
  @Command(
      name = "export",
      description =
          "Print what this host has learned: its warm list, and which files of images are used. The"
              + " running daemon serves the same as /api/learned.",
      footer = {"", "Example:", "  sudo lazymount learned export > node7"})
  static final class Export implements Callable<Integer> {
    @Mixin private SettingsOptions options;

    @Override
    public Integer call() {
      try {
        System.out.print(Learned.export(options.load().stateDir(), Main::complain));
        return Main.OK;
      } catch (IOException e) {
        Main.complain("can't read what was learned: " + e);
        return Main.FAILED;
      }
    }
  }

  /** The inputs of a merge and of a report. */
  private static final class Sources {
    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        defaultValue = "10",
        description = "Skip an input that takes longer (default: ${DEFAULT-VALUE}).")
    private int timeout;

    /** Merges all; empty if none could be read. Each one that is skipped has a line on stderr. */
    Optional<Merge> merge(List<String> inputs) throws InterruptedException {
      Merge merge = new Merge(Instant.now());
      int read = 0;
      List<Optional<String>> problems =
          Inputs.merge(inputs, Duration.ofSeconds(Math.max(1, timeout)), merge);
      for (int i = 0; i < problems.size(); i++) {
        if (problems.get(i).isPresent()) {
          Main.complain(Printable.of("skipped " + inputs.get(i) + ": " + problems.get(i).get()));
        } else {
          read++;
        }
      }
      return read > 0 ? Optional.of(merge) : Optional.empty();
    }
  }

  /** {@code lazymount learned merge}. */
  @Command(
      name = "merge",
      description = {
        "Merge what hosts have learned into one seed, for warm.seed. Needs no daemon.",
        "An input that is damaged, larger than 4 MiB or late is skipped, with a line on standard"
            + " error. Give the last seed as an input, too: it remembers hosts that are gone. Exit"
            + " code 1: no input could be read; nothing was written."
      },
      footer = {
        "",
        "Example:",
        "  lazymount learned merge --output seed seed node7 http://node8:9723/api/learned"
      })
  static final class MergeLists extends CommonHelp implements Callable<Integer> {
    @Mixin private Sources sources;

    @Option(
        names = "--output",
        paramLabel = "FILE",
        description = "Replace FILE by the result, in one step (default: print it).")
    private Path output;

    @Parameters(paramLabel = "FILE|URL", arity = "1..1000", description = "What hosts exported.")
    private List<String> inputs;

    @Override
    public Integer call() throws InterruptedException {
      Optional<Merge> merge = sources.merge(inputs);
      if (merge.isEmpty()) {
        Main.complain("no input could be read; nothing was written");
        return Main.FAILED;
      }
      String text = merge.get().text();
      if (output == null) {
        System.out.print(text);
        return Main.OK;
      }
      try {
        Path file = output.toAbsolutePath();
        SmallFile.replace(
            file, file.resolveSibling(file.getFileName() + ".new"), "rw-r--r--", text);
        return Main.OK;
      } catch (IOException e) {
        Main.complain("can't write " + output + ": " + e);
        return Main.FAILED;
      }
    }
  }

  /** {@code lazymount learned report}. */
  @Command(
      name = "report",
      description = {
        "Print which compilers were used, the most used first, and which images were not used."
            + " Without inputs, what this host has learned. Needs no daemon; scans the image"
            + " directory.",
        "The score is the number of hours with a use, on all hosts; after a week an hour counts"
            + " half."
      },
      footer = {"", "Example:", "  lazymount learned report --days 30 seed"})
  static final class Report implements Callable<Integer> {
    @Mixin private SettingsOptions options;

    @Mixin private Sources sources;

    @Option(
        names = "--days",
        paramLabel = "N",
        defaultValue = "30",
        description = "List images without a use in the last N days (default: ${DEFAULT-VALUE}).")
    private int days;

    @Option(names = "--json", description = "Print JSON, for tools.")
    private boolean json;

    @Parameters(paramLabel = "FILE|URL", arity = "0..1000", description = "Exports, or a seed.")
    private List<String> inputs;

    private record Compiler(String name, double score, Instant used, int files, long bytes) {}

    private record Unused(String name, Instant used) {}

    @Override
    public Integer call() throws InterruptedException {
      Settings settings = options.load();
      Optional<Merge> merge;
      Catalog catalog;
      try {
        merge = inputs == null ? Optional.of(own(settings)) : sources.merge(inputs);
        catalog =
            CatalogScan.scan(
                    settings.images().toString(),
                    settings.root().toString(),
                    settings.imageSuffixes(),
                    Catalog.empty())
                .catalog();
      } catch (IOException e) {
        Main.complain("no report: " + e.getMessage());
        return Main.FAILED;
      }
      if (merge.isEmpty()) {
        Main.complain("no input could be read");
        return Main.FAILED;
      }
      print(compilers(merge.get()), catalog);
      return Main.OK;
    }

    private static Merge own(Settings settings) throws IOException {
      Merge merge = new Merge(Instant.now());
      merge.add(Learned.parse(Learned.export(settings.stateDir(), Main::complain)));
      return merge;
    }

    private static List<Compiler> compilers(Merge merge) {
      Instant now = Instant.now();
      List<Compiler> all = new ArrayList<>();
      for (Map.Entry<String, WarmList.Entry> named : merge.warm().sorted(now)) {
        Optional<FileList> files = merge.files(named.getKey());
        all.add(
            new Compiler(
                named.getKey(),
                Math.round(named.getValue().at(now) * 10) / 10.0,
                named.getValue().lastUsed(),
                files.map(list -> list.files().size()).orElse(0),
                files.map(FileList::bytes).orElse(0L)));
      }
      return all;
    }

    private void print(List<Compiler> compilers, Catalog catalog) {
      Instant since = Instant.now().minus(Duration.ofDays(days));
      Map<String, Instant> uses = new HashMap<>();
      for (Compiler compiler : compilers) {
        String image = catalog.behind(compiler.name()).map(ImageFile::name).orElse(compiler.name());
        uses.merge(image, compiler.used(), (a, b) -> a.isAfter(b) ? a : b);
      }
      List<Unused> unused =
          catalog.names().stream()
              .filter(name -> uses.getOrDefault(name, Instant.EPOCH).isBefore(since))
              .sorted()
              .map(name -> new Unused(name, uses.get(name)))
              .toList();
      if (json) {
        Map<String, Object> report = new HashMap<>();
        report.put("compilers", compilers.stream().map(Report::json).toList());
        report.put("unused", unused.stream().map(Report::json).toList());
        System.out.println(GSON.toJson(report));
        return;
      }
      System.out.println("  SCORE  LAST USED   USED FILES        COMPILER");
      for (Compiler c : compilers) {
        System.out.printf(
            Locale.ROOT,
            "%7.1f  %-10s  %4d, %6.1f MB  %s%n",
            c.score(),
            Humanize.ago(c.used(), Instant.now()),
            c.files(),
            c.bytes() / 1e6,
            c.name());
      }
      System.out.printf(
          Locale.ROOT,
          "%n%,d of %,d images were not used in the last %d days%n",
          unused.size(),
          catalog.names().size(),
          days);
      for (Unused image : unused) {
        String last = image.used() == null ? "never" : Humanize.ago(image.used(), Instant.now());
        System.out.printf("  %-12s %s%n", last, image.name());
      }
    }

    private static Map<String, Object> json(Compiler c) {
      return Map.of(
          "name", c.name(),
          "score", c.score(),
          "lastUsed", c.used().toString(),
          "files", c.files(),
          "bytes", c.bytes());
    }

    private static Map<String, Object> json(Unused image) {
      Map<String, Object> row = new HashMap<>(Map.of("name", image.name()));
      row.put("lastUsed", image.used() == null ? null : image.used().toString());
      return row;
    }
  }
}
