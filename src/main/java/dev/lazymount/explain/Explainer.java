package dev.lazymount.explain;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.explain.Explanation.Step;
import dev.lazymount.route.AccessPath;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.text.Humanize;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Says of a name or a path what the daemon does about it and why, by taking the same steps as an
 * access does. Everything comes from memory: the newest catalog and the board of images in use. No
 * file system is touched, so the answer comes at once also while the image storage hangs.
 * Thread-safe.
 */
public final class Explainer {
  /** As many symlinks as the kernel follows in one path (MAXSYMLINKS). */
  private static final int MAX_HOPS = 40;

  private static final int MAX_SHOWN = 300;

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
   * @param status of the daemon; without one, whose board says what is mounted
   * @param running whether there is a daemon
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

  /** The explanation of a name or an absolute path, as text alone. */
  public Explanation explain(String asked) {
    return explain(asked, Optional.empty());
  }

  /**
   * The explanation of a name or an absolute path.
   *
   * @param asked any text
   * @param followed where the path leads with all symlinks followed, which only somebody who may
   *     wait for the root's storage can find out; used where the text alone leads to no image
   */
  public Explanation explain(String asked, Optional<String> followed) {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step("asked", shown(asked)));
    Way way = new Way(asked, steps);
    Explanation first = way.walk(asked);
    boolean leadsNowhere = first.state().equals("outside") || first.state().equals("unknown");
    Optional<String> other = followed.filter(path -> !path.equals(asked));
    if (!leadsNowhere || other.isEmpty()) {
      return first;
    }
    List<Step> again = new ArrayList<>(steps);
    again.add(new Step("symlinks", "followed on the file system, it is " + shown(other.get())));
    Explanation second = new Way(asked, again).walk(other.get());
    boolean betterKnown =
        !second.state().equals("outside") && !second.state().equals(first.state());
    return betterKnown ? second : first;
  }

  private static String shown(String text) {
    String safe = Access.printable(text);
    return safe.length() <= MAX_SHOWN ? safe : safe.substring(0, MAX_SHOWN) + "...";
  }

  /** One way from a text to a verdict. */
  private final class Way {
    private final Settings now = settings.get();
    private final Instant time = clock.instant();
    private final String asked;
    private final List<Step> steps;

    private Way(String asked, List<Step> steps) {
      this.asked = shown(asked);
      this.steps = steps;
    }

    private void step(String what, String finding) {
      steps.add(new Step(what, finding));
    }

    private Explanation verdict(String state, String verdict, String next) {
      return new Explanation(asked, List.copyOf(steps), state, null, null, verdict, next);
    }

    private Explanation walk(String text) {
      Optional<String> file = imageFile(text);
      Optional<List<String>> below =
          file.isPresent()
              ? AccessPath.components(file.get())
              : text.startsWith("/")
                  ? AccessPath.below(now.root().toString(), text)
                  : AccessPath.components(text);
      if (below.isEmpty()) {
        step("normalised", "it is not below the root " + now.root());
        return verdict(
            "outside",
            "The daemon has nothing to do with it: it lies outside the root " + now.root() + ".",
            "Nothing; an access to it is not even counted.");
      }
      String path = String.join("/", below.get());
      if (!path.equals(text)) {
        step("normalised", path.isEmpty() ? "the root" : shown(path) + " below " + now.root());
      }
      if (path.isEmpty()) {
        return verdict(
            "root",
            "It is the root itself, " + now.root() + "; images are mounted on directories in it.",
            "To open or list it mounts nothing.");
      }
      Optional<NewestCatalog.Snapshot> newest = catalog.get();
      if (newest.isEmpty()) {
        step("images", problem("no scan of " + now.images() + " has ended yet"));
        return verdict(
            "unscanned",
            "It is not known yet which images there are.",
            "Accesses are kept until the first scan has ended, and then acted on.");
      }
      return image(below.get(), newest.get());
    }

    /** The name that an image file's own path stands for. */
    private Optional<String> imageFile(String text) {
      String images = now.images() + "/";
      Optional<String> name =
          now.imageSuffixes().stream()
              .filter(suffix -> text.startsWith(images) && text.endsWith(suffix))
              .filter(suffix -> text.length() > images.length() + suffix.length())
              .map(suffix -> text.substring(images.length(), text.length() - suffix.length()))
              .findFirst();
      name.ifPresent(found -> step("image file", "it would serve the name " + shown(found)));
      return name;
    }

    private String problem(String what) {
      return status.catalogProblem() == null ? what : what + "; " + status.catalogProblem();
    }

    private Explanation image(List<String> below, NewestCatalog.Snapshot newest) {
      Catalog images = newest.catalog();
      Optional<List<String>> resolved = followLinks(below, images);
      if (resolved.isEmpty()) {
        return verdict(
            "unknown",
            "It leads through more than " + MAX_HOPS + " symlinks, or in a circle.",
            "The kernel refuses to open it (ELOOP).");
      }
      List<String> path = resolved.get();
      List<ImageFile> found = new ArrayList<>();
      for (int i = 1; i <= path.size(); i++) {
        images.get(String.join("/", path.subList(0, i))).ifPresent(found::add);
      }
      if (found.isEmpty()) {
        return noImage(path, newest);
      }
      ImageFile image = found.get(found.size() - 1);
      step("image", now.images() + "/" + image.file() + serves(image, path));
      if (found.size() > 1) {
        step(
            "around it",
            String.join(", ", found.stream().limit(found.size() - 1L).map(ImageFile::name).toList())
                + ": mounted before, as it lies inside");
      }
      if (running) {
        step("daemon", daemon());
      } else {
        step("daemon", "none runs with run-dir " + now.runDir());
      }
      return new ImageVerdicts(now, status, running, time).of(asked, steps, image);
    }

    private String serves(ImageFile image, List<String> path) {
      return String.join("/", path).equals(image.name())
          ? " serves this name"
          : " serves " + shown(image.name()) + ", the longest name on the way";
    }

    private String daemon() {
      String state = status.state().word() + ", mode " + now.mode();
      return status.trace().problem() == null ? state : state + "; " + status.trace().problem();
    }

    /** The kernel's way through the symlinks of the root that the newest scan has seen. */
    private Optional<List<String>> followLinks(List<String> below, Catalog images) {
      List<String> path = below;
      for (int hops = 0; hops <= MAX_HOPS; hops++) {
        Optional<List<String>> next = Optional.empty();
        for (int i = 1; i <= path.size() && next.isEmpty(); i++) {
          String link = String.join("/", path.subList(0, i));
          String target = images.links().get(link);
          if (target != null) {
            step("symlink", link + " leads to " + (target.isEmpty() ? "the root" : shown(target)));
            List<String> rest = path.subList(i, path.size());
            List<String> whole =
                new ArrayList<>(target.isEmpty() ? List.of() : List.of(target.split("/")));
            whole.addAll(rest);
            next = Optional.of(whole);
          }
        }
        if (next.isEmpty()) {
          return Optional.of(path);
        }
        path = next.get();
      }
      return Optional.empty();
    }

    private Explanation noImage(List<String> path, NewestCatalog.Snapshot newest) {
      String name = shown(String.join("/", path));
      String scanned =
          newest.catalog().size()
              + " known by the scan "
              + Humanize.ago(newest.at(), time)
              + (running ? "" : ", made for this question");
      int inside = newest.catalog().descendants(String.join("/", path)).size();
      if (path.isEmpty() || inside > 0) {
        step("images", problem(scanned) + "; in it: " + inside);
        return verdict(
            "directory",
            "It is a directory of images (" + inside + "), and no image itself.",
            "What is used in it has its own image mounted; to list it mounts nothing.");
      }
      step("images", problem(scanned) + "; none has its name or one that it lies in");
      List<String> near = NearNames.of(path, newest.catalog());
      if (!near.isEmpty()) {
        step("near", String.join(", ", near));
      }
      return verdict(
          "unknown",
          "No image serves "
              + name
              + ", so it is read as it is"
              + (near.isEmpty() ? "." : "; did you mean " + near.get(0) + "?"),
          "A file "
              + now.images()
              + "/"
              + shown(path.get(0))
              + now.imageSuffixes().get(0)
              + " would be found by the next scan (catalog.rescan, or lazymount rescan).");
    }
  }
}
