package dev.lazymount.explain;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.catalog.Resolution;
import dev.lazymount.catalog.RootPath;
import dev.lazymount.config.Settings;
import dev.lazymount.explain.Explanation.State;
import dev.lazymount.explain.Explanation.Step;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.text.Humanize;
import dev.lazymount.text.Printable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Explains what the daemon does about a name or a path, and why. The path is resolved by {@link
 * Catalog#resolve}, as the router resolves an access. Everything comes from memory: the newest
 * catalog and the status of the images in use. No file system is touched, so that the answer comes
 * at once also while the image storage hangs. Thread-safe.
 */
public final class Explainer {
  private static final int MAX_SHOWN = 300;

  private static final String SYMLINK = "symlink";

  private final Supplier<Settings> settings;
  private final Supplier<Optional<NewestCatalog.Snapshot>> catalog;
  private final DaemonStatus status;
  private final boolean running;
  private final InstantSource clock;

  /**
   * An explainer.
   *
   * @param settings those in force
   * @param catalog the newest
   * @param status of the daemon; if none runs, one whose board says what is mounted
   * @param running whether a daemon runs
   * @param clock for ages
   */
  public Explainer(
      Supplier<Settings> settings,
      Supplier<Optional<NewestCatalog.Snapshot>> catalog,
      DaemonStatus status,
      boolean running,
      InstantSource clock) {
    this.settings = settings;
    this.catalog = catalog;
    this.status = status;
    this.running = running;
    this.clock = clock;
  }

  /** Explains a name or an absolute path by its text alone. */
  public Explanation explain(String asked) {
    return explain(asked, Optional.empty());
  }

  /**
   * Explains a name or an absolute path.
   *
   * @param asked any text
   * @param followed the path with all symlinks followed by the kernel, which only a client that may
   *     wait for the root's storage can find out; used where the text alone leads to no image
   */
  public Explanation explain(String asked, Optional<String> followed) {
    List<Step> steps = List.of(new Step("asked", shown(asked)));
    Explanation first = new Walk(asked, steps).explain(asked);
    Optional<String> other = followed.filter(path -> !path.equals(asked));
    if (other.isPresent() && hasSymlink(first)) {
      Optional<Explanation> repointed = repointed(asked, first, other.get());
      if (repointed.isPresent()) {
        return repointed.get();
      }
    }
    if (other.isEmpty() || (first.state() != State.OUTSIDE && first.state() != State.UNKNOWN)) {
      return first;
    }
    Step follow = new Step("symlinks", "the kernel resolves it to " + shown(other.get()));
    Explanation second = new Walk(asked, List.of(steps.get(0), follow)).explain(other.get());
    boolean saysMore = second.state() != State.OUTSIDE && second.state() != first.state();
    return saysMore ? second : first;
  }

  private static boolean hasSymlink(Explanation explanation) {
    return explanation.steps().stream().anyMatch(step -> step.what().equals(SYMLINK));
  }

  /**
   * An explanation of where a symlink leads now, if that is to another image than the newest scan
   * found. Its last sentence says what the daemon does until the next scan.
   */
  private Optional<Explanation> repointed(String asked, Explanation then, String followed) {
    Explanation now = new Walk(asked, List.of(then.steps().get(0))).explain(followed);
    if (Objects.equals(now.name(), then.name())) {
      return Optional.empty();
    }
    String age = catalog.get().map(newest -> Humanize.ago(newest.at(), clock.instant())).orElse("");
    String old = then.name() == null ? "to no image" : "to " + then.name();
    List<Step> steps = new ArrayList<>(now.steps());
    steps.add(
        1,
        new Step(
            SYMLINK,
            "a symlink on the way has been repointed since the scan of "
                + age
                + ": it led "
                + old
                + " then, and leads to "
                + shown(followed)
                + " now"));
    return Optional.of(
        new Explanation(
            now.asked(),
            List.copyOf(steps),
            now.state(),
            now.name(),
            now.device(),
            now.since(),
            now.verdict(),
            now.next()
                + (status.trace().program().seesMountedImages()
                    ? " Until the next scan (catalog.rescan, or lazymount rescan) the path program"
                        + " takes an access through the symlink for one "
                        + old
                        + "."
                    : "")));
  }

  private static String shown(String text) {
    String safe = Printable.of(text);
    return safe.length() <= MAX_SHOWN ? safe : safe.substring(0, MAX_SHOWN) + "...";
  }

  /** The steps from a text to a verdict. */
  private final class Walk {
    private final Settings now = settings.get();
    private final Instant time = clock.instant();
    private final String asked;
    private final List<Step> steps;

    private Walk(String asked, List<Step> steps) {
      this.asked = shown(asked);
      this.steps = new ArrayList<>(steps);
    }

    private void step(String what, String finding) {
      steps.add(new Step(what, finding));
    }

    private Explanation verdict(State state, String verdict, String next) {
      return new Explanation(asked, List.copyOf(steps), state, null, null, null, verdict, next);
    }

    private Explanation explain(String text) {
      Optional<List<String>> below = below(text);
      if (below.isEmpty()) {
        step("normalised", "not below the root " + now.root());
        return outside();
      }
      String path = String.join("/", below.get());
      if (!path.equals(text)) {
        step("normalised", path.isEmpty() ? "the root" : shown(path) + " below " + now.root());
      }
      if (path.isEmpty()) {
        return root();
      }
      Optional<NewestCatalog.Snapshot> newest = catalog.get();
      if (newest.isEmpty()) {
        step("scan", withProblem("no scan of " + now.images() + " has finished yet"));
        return verdict(
            State.UNSCANNED,
            "No scan has finished yet, so it is not known which images there are.",
            "Accesses are kept until the first scan has finished, and acted on then.");
      }
      return explain(below.get(), newest.get());
    }

    private Optional<List<String>> below(String text) {
      Optional<String> name = nameOfImageFile(text);
      if (name.isPresent()) {
        step("image file", "it is the image of " + shown(name.get()));
        return RootPath.components(name.get());
      }
      return text.startsWith("/")
          ? RootPath.below(now.root().toString(), text)
          : RootPath.components(text);
    }

    private Optional<String> nameOfImageFile(String text) {
      String images = now.images() + "/";
      return now.imageSuffixes().stream()
          .filter(suffix -> text.startsWith(images) && text.endsWith(suffix))
          .filter(suffix -> text.length() > images.length() + suffix.length())
          .map(suffix -> text.substring(images.length(), text.length() - suffix.length()))
          .findFirst();
    }

    private Explanation explain(List<String> below, NewestCatalog.Snapshot newest) {
      Catalog images = newest.catalog();
      String age = running ? Humanize.ago(newest.at(), time) : "for this question";
      step("scan", withProblem(images.size() + " images known, scanned " + age));
      Resolution found = images.resolve(below);
      for (Resolution.Hop hop : found.hops()) {
        String target = hop.target().isEmpty() ? "the root" : shown(hop.target());
        step(SYMLINK, shown(hop.link()) + " leads to " + target);
      }
      return switch (found.kind()) {
        case OUTSIDE -> outside();
        case ROOT -> root();
        case LEADS_OUT -> leadsOut(found.hops().get(found.hops().size() - 1));
        case LOOP ->
            verdict(
                State.UNKNOWN,
                "It leads through more than "
                    + (found.hops().size() - 1)
                    + " symlinks, or in a circle.",
                "The kernel refuses to open it (ELOOP).");
        case DIRECTORY -> directory(found, images);
        case NO_IMAGE -> noImage(found, images);
        case OWN_DIRECTORY, INSIDE -> image(found);
      };
    }

    private Explanation outside() {
      return verdict(
          State.OUTSIDE,
          "It is outside the root " + now.root() + ", so lazymount has nothing to do with it.",
          "Accesses to it are not even counted.");
    }

    private Explanation root() {
      return verdict(
          State.ROOT,
          "It is the root itself, " + now.root() + "; images are mounted on directories in it.",
          "Opening or listing it mounts nothing.");
    }

    private Explanation leadsOut(Resolution.Hop hop) {
      return verdict(
          State.OUTSIDE,
          shown(hop.link())
              + " is a symlink to "
              + shown(hop.target())
              + ", which is outside the root; lazymount cannot serve it.",
          "It is read as it is. A directory in its place, or a symlink within the root, can be"
              + " served after the next scan.");
    }

    private Explanation directory(Resolution found, Catalog images) {
      int count = images.descendants(String.join("/", found.path())).size();
      return verdict(
          State.DIRECTORY,
          "It is a directory with "
              + (count == 1 ? "an image" : count + " images")
              + " in it, and is no image itself.",
          "An access to one of them mounts that image. Listing this directory mounts nothing.");
    }

    private Explanation noImage(Resolution found, Catalog images) {
      List<String> near = NearNames.of(found.path(), images);
      if (!near.isEmpty()) {
        step("near", String.join(", ", near));
      }
      return verdict(
          State.UNKNOWN,
          "No image serves "
              + shown(String.join("/", found.path()))
              + ", so it is read as it is"
              + (near.isEmpty() ? "." : "; did you mean " + near.get(0) + "?"),
          "A file "
              + now.images()
              + "/"
              + shown(found.path().get(0))
              + now.imageSuffixes().get(0)
              + " would be found by the next scan (catalog.rescan, or lazymount rescan).");
    }

    private Explanation image(Resolution found) {
      ImageFile image = found.image().orElseThrow();
      boolean own = found.kind() == Resolution.Kind.OWN_DIRECTORY;
      step(
          "image",
          now.images()
              + "/"
              + image.file()
              + " serves "
              + (own ? "this name" : shown(image.name()) + ", the longest name on the way"));
      List<ImageFile> outer = found.images().subList(0, found.images().size() - 1);
      if (!outer.isEmpty()) {
        String names = outer.stream().map(ImageFile::name).collect(Collectors.joining(", "));
        step("around it", names + ": mounted first");
      }
      step("daemon", running ? daemon() : "none runs with run-dir " + now.runDir());
      return new ImageVerdicts(now, status, running, time).of(asked, steps, image);
    }

    private String daemon() {
      return Stream.of(
              status.state().word() + ", mode " + now.mode(),
              status.trace().problem(),
              status.trace().note())
          .filter(Objects::nonNull)
          .collect(Collectors.joining("; "));
    }

    private String withProblem(String what) {
      return status.catalogProblem() == null ? what : what + "; " + status.catalogProblem();
    }
  }
}
