package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.Terminal;
import dev.lazymount.text.Printable;
import dev.lazymount.verify.Difference;
import dev.lazymount.verify.Verification;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazymount verify}. */
@Command(
    name = "verify",
    description = {
      "Compare images with the directories that they serve: names, types, sizes, permission bits"
          + " and symlink targets; with --content every byte. Needs no daemon and mounts nothing"
          + " that another process can see.",
      "Exit code 0: all are the same; 1: some differ, or could not be compared."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount verify gcc-14.2.0 arm64/gcc-14.2.0",
      "  sudo lazymount verify --all --json | jq '.images[] | select(.outcome != \"same\")'",
      "  sudo lazymount verify --content --most 1000 gcc-14.2.0"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);

  @Mixin private SettingsOptions options;

  @ArgGroup(multiplicity = "1")
  private What what;

  @Option(names = "--content", description = "Compare the bytes of files, too.")
  private boolean content;

  @Option(
      names = "--most",
      paramLabel = "N",
      defaultValue = "20",
      description = "Print at most N differences of each image (default: ${DEFAULT-VALUE}).")
  private int most;

  @Option(names = "--json", description = "Print the result as JSON, for tools.")
  private boolean json;

  private static final class What {
    @Option(names = "--all", required = true, description = "All images.")
    private boolean all;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of images.")
    private List<String> names;
  }

  private record Line(String path, String kind, String image, String directory) {}

  private record Image(
      String name,
      String outcome,
      long entries,
      long bytes,
      long differences,
      String reason,
      List<Line> first) {}

  private record Report(
      int total, int same, int different, int failed, double seconds, List<Image> images) {}

  private final List<Image> images = new ArrayList<>();
  private final long start = System.nanoTime();
  private long shownAt = start;
  private long entries;

  @Override
  public Integer call() {
    Settings settings = options.load();
    List<ImageFile> chosen;
    try {
      chosen = choose(settings);
    } catch (IOException e) {
      Main.complain("cannot verify: " + e.getMessage());
      return Main.FAILED;
    }
    Verification verification = new Verification(settings, content);
    for (ImageFile image : chosen) {
      verify(verification, image, chosen.size());
    }
    return end();
  }

  private List<ImageFile> choose(Settings settings) throws IOException {
    Catalog catalog =
        CatalogScan.scan(
                settings.images().toString(),
                settings.root().toString(),
                settings.imageSuffixes(),
                Catalog.empty())
            .catalog();
    if (what.all) {
      return catalog.names().stream().map(name -> catalog.get(name).orElseThrow()).toList();
    }
    List<ImageFile> chosen = new ArrayList<>();
    for (String name : what.names) {
      Optional<ImageFile> image = catalog.get(name);
      chosen.add(
          image.orElseThrow(
              () -> new IOException("there is no image named " + Printable.of(name))));
    }
    return chosen;
  }

  private void verify(Verification verification, ImageFile image, int total) {
    List<Line> first = new ArrayList<>();
    Verification.Result result =
        verification.verify(
            image,
            difference -> {
              if (first.size() < most) {
                first.add(line(difference));
                if (!json) {
                  System.out.println(image.name() + "/" + Printable.of(difference.text()));
                }
              }
            },
            () -> progress(image, total));
    images.add(
        new Image(
            result.name(),
            word(result.outcome()),
            result.entries(),
            result.bytes(),
            result.differences(),
            result.reason(),
            first));
    if (!json) {
      System.out.println(summary(result));
    }
  }

  private static Line line(Difference d) {
    return new Line(
        Printable.of(d.path()),
        d.kind().words(),
        Printable.of(d.image()),
        Printable.of(d.directory()));
  }

  private String summary(Verification.Result result) {
    String compared = String.format(Locale.ROOT, "%,d entries compared", result.entries());
    return result.name()
        + ": "
        + switch (result.outcome()) {
          case SAME -> "same (" + compared + (content ? ", with content)" : ")");
          case DIFFERENT ->
              String.format(
                  Locale.ROOT,
                  "%,d %s%s (%s)",
                  result.differences(),
                  result.differences() == 1 ? "difference" : "differences",
                  result.differences() > most ? ", of which the first " + most + " are shown" : "",
                  compared);
          case FAILED -> "could not be compared: " + Printable.of(result.reason());
        };
  }

  /** A line a second on a terminal's standard error. */
  private void progress(ImageFile image, int total) {
    entries++;
    if ((entries & 0xff) != 0 || System.nanoTime() - shownAt < PROGRESS_NANOS) {
      return;
    }
    shownAt = System.nanoTime();
    if (Terminal.isStandardError()) {
      System.err.printf(
          Locale.ROOT,
          "%d of %d images, %,d entries so far, comparing %s%n",
          images.size(),
          total,
          entries,
          image.name());
    }
  }

  private int end() {
    int same = count(Verification.Outcome.SAME);
    int different = count(Verification.Outcome.DIFFERENT);
    int failed = count(Verification.Outcome.FAILED);
    double seconds = Math.round((System.nanoTime() - start) / 1e6) / 1e3;
    if (json) {
      System.out.println(
          GSON.toJson(new Report(images.size(), same, different, failed, seconds, images)));
    } else if (images.size() > 1) {
      System.out.printf(
          Locale.ROOT,
          "%d images: %d the same, %d different, %d could not be compared (%.1f s)%n",
          images.size(),
          same,
          different,
          failed,
          seconds);
    }
    return same == images.size() ? Main.OK : Main.FAILED;
  }

  private int count(Verification.Outcome outcome) {
    return (int) images.stream().filter(i -> i.outcome().equals(word(outcome))).count();
  }

  private static String word(Verification.Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }
}
