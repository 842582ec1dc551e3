package dev.lazymount.hold;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.explain.NearNames;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.text.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts names on hold and releases them: the same steps with and without a daemon. Blocks for as
 * long as the unmounts do.
 */
public final class HoldCommands {
  /** The command that keeps names unmounted. */
  public static final String HOLD = "hold";

  /** The command that ends that. */
  public static final String RELEASE = "release";

  private final HoldFile file;
  private final Mounts mounts;

  /** What is mounted, and how it is unmounted. */
  public interface Mounts {
    /** Follows these holds from now on, and no others. */
    void follow(Map<String, OperatorHold> holds) throws IOException, InterruptedException;

    /** Whether this image is mounted, or being mounted. */
    boolean isMounted(String name) throws IOException, InterruptedException;

    /** Unmounts an image that is not in use. */
    MountResult unmount(String name) throws IOException, InterruptedException;
  }

  /**
   * The outcome for one name. The shape of {@code lazymount hold --json}.
   *
   * @param name the name
   * @param ok whether it is as requested
   * @param until ISO 8601, when the hold ends; null if that is when it is released, or if it failed
   * @param reason why it is not as requested; null if it is
   * @param busy the mounted image that is in use; null if that is not the reason
   */
  public record Outcome(String name, boolean ok, String until, String reason, String busy) {
    /** It is as requested. */
    static Outcome good(String name, String until) {
      return new Outcome(name, true, until, null, null);
    }

    /** The same, with the processes that use the image. */
    public Outcome usedBy(String users) {
      return new Outcome(name, ok, until, reason + ": " + users, busy);
    }
  }

  /** The outcomes of a command, in the order of its names. */
  public record Outcomes(List<Outcome> names) {
    /** Whether all names are as requested. */
    public boolean isGood() {
      return names.stream().allMatch(Outcome::ok);
    }
  }

  /** Nothing was done; the message says why. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * The commands over a file of holds.
   *
   * @param file where they are kept
   * @param mounts what is mounted
   */
  public HoldCommands(HoldFile file, Mounts mounts) {
    this.file = file;
    this.mounts = mounts;
  }

  /**
   * Puts names on hold, and unmounts them. A name whose image is in use is not held.
   *
   * @param catalog the images there are
   * @throws Refused if one of the names has no image
   * @throws IOException if the file of holds can't be changed, with nothing held; or the client is
   *     gone
   */
  public Outcomes hold(Collection<String> names, OperatorHold hold, Catalog catalog)
      throws Refused, IOException, InterruptedException {
    Set<String> all = new LinkedHashSet<>(names);
    refuseUnknown(all, catalog);
    Map<String, OperatorHold> before = file.read();
    // First, so that no access mounts it again.
    mounts.follow(
        file.update(
            holds -> {
              all.forEach(name -> holds.put(name, hold));
              return holds;
            }));
    List<Outcome> outcomes = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (String name : all) {
      Optional<Outcome> problem = unmount(name, catalog);
      if (problem.isPresent()) {
        failed.add(name);
      }
      String until = hold.until().map(Object::toString).orElse(null);
      outcomes.add(problem.orElseGet(() -> Outcome.good(name, until)));
    }
    if (!failed.isEmpty()) {
      mounts.follow(file.update(holds -> undone(holds, failed, before)));
    }
    return new Outcomes(outcomes);
  }

  private static Map<String, OperatorHold> undone(
      Map<String, OperatorHold> holds, List<String> failed, Map<String, OperatorHold> before) {
    for (String name : failed) {
      if (before.containsKey(name)) {
        holds.put(name, before.get(name));
      } else {
        holds.remove(name);
      }
    }
    return holds;
  }

  /** Releases names; the next access mounts their images. */
  public Outcomes release(Collection<String> names) throws IOException, InterruptedException {
    Map<String, OperatorHold> before = file.read();
    Set<String> all = new LinkedHashSet<>(names);
    mounts.follow(
        file.update(
            holds -> {
              all.forEach(holds::remove);
              return holds;
            }));
    return new Outcomes(
        all.stream()
            .map(
                name ->
                    before.containsKey(name)
                        ? Outcome.good(name, null)
                        : new Outcome(name, false, null, "it is not held", null))
            .toList());
  }

  private static void refuseUnknown(Set<String> names, Catalog catalog) throws Refused {
    for (String name : names) {
      if (catalog.get(name).isEmpty()) {
        List<String> near = NearNames.of(List.of(name.split("/", -1)), catalog);
        throw new Refused(
            "no image has the name "
                + Printable.of(name)
                + (near.isEmpty() ? "" : "; did you mean " + String.join(", ", near) + "?")
                + " Nothing was held");
      }
    }
  }

  /** Unmounts what hides the directory, inner images first; returns what prevents it. */
  private Optional<Outcome> unmount(String name, Catalog catalog)
      throws IOException, InterruptedException {
    Map<String, ImageFile> hiding = new TreeMap<>(Comparator.reverseOrder());
    catalog.matchInside(name).forEach(image -> hiding.put(image.name(), image));
    catalog.descendants(name).forEach(image -> hiding.put(image.name(), image));
    // In reverse order, a name comes before those that it begins with.
    for (String image : hiding.keySet()) {
      if (mounts.isMounted(image)) {
        MountResult result = mounts.unmount(image);
        switch (result.outcome()) {
          case DONE, ALREADY -> {
            // It is not mounted now.
          }
          case BUSY, MARKED -> {
            String which = image.equals(name) ? "its image" : "the image of " + image;
            String reason = which + " is mounted and in use";
            return Optional.of(new Outcome(name, false, null, reason, image));
          }
          case FAILED -> {
            String reason = (image.equals(name) ? "" : image + ": ") + result.reason();
            return Optional.of(new Outcome(name, false, null, reason, null));
          }
        }
      }
    }
    return Optional.empty();
  }
}
