package dev.lazymount.route;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.status.Access;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which images an access leads to, by the newest {@link Catalog}. Accesses from before the first
 * one are kept for it. Used by the Router alone.
 */
final class ImageResolver {
  /**
   * Accesses kept until the first scan is done: one of each directory, as the files of one belong
   * to the same image, unless they are near enough to the root to be links.
   */
  private static final int EARLY = 4096;

  /** Of as many components, all count. */
  private static final int NEAR = 2;

  private final RouterEnv env;
  private final Map<String, Access> early = new LinkedHashMap<>();
  private Optional<Catalog> catalog = Optional.empty();
  private int keep = AccessPath.MAX_COMPONENTS;

  /** No catalog yet. */
  ImageResolver(RouterEnv env) {
    this.env = env;
  }

  /** The newest catalog; none before the first scan is over. */
  Optional<Catalog> catalog() {
    return catalog;
  }

  /** The image of this name, as far as is known. */
  Optional<ImageFile> image(String name) {
    return catalog.flatMap(newest -> newest.get(name));
  }

  /**
   * There is a new catalog.
   *
   * @return the accesses that were kept for it, in the order they were seen
   */
  List<Access> now(Catalog newest) {
    catalog = Optional.of(newest);
    keep = Math.max(2, newest.componentsNeeded());
    List<Access> kept = List.copyOf(early.values());
    early.clear();
    return kept;
  }

  /**
   * The images that lie on the way of an access, outermost first.
   *
   * @return none if no image has this name; empty if there is no question of one, or no catalog to
   *     ask
   */
  Optional<List<ImageFile>> images(Access access) {
    Optional<List<String>> below = AccessPath.below(env.root(), access.path(), keep);
    if (below.isEmpty() || below.get().isEmpty()) {
      // It leads out of the root, or is the root.
      return Optional.empty();
    }
    if (catalog.isEmpty()) {
      keepEarly(access, below.get());
      return Optional.empty();
    }
    List<ImageFile> images = catalog.get().match(below.get());
    // An entry of the root and nothing inside is no use of an image, unless it is a link to a file
    // in one.
    return images.isEmpty() && below.get().size() == 1 ? Optional.empty() : Optional.of(images);
  }

  private void keepEarly(Access access, List<String> below) {
    int components = Math.max(Math.min(below.size(), NEAR), below.size() - 1);
    String place = String.join("/", below.subList(0, components));
    if (early.size() < EARLY) {
      early.putIfAbsent(place, access);
    } else if (!early.containsKey(place)) {
      env.mounts().status().counters().lost.increment();
    }
  }

  /** The images that lie on the way to this one, and it; none if there is no such image. */
  List<ImageFile> inside(String name) {
    return catalog.map(newest -> newest.matchInside(name)).orElse(List.of());
  }

  /**
   * Once an image is mounted, the resolved program does not see what is opened in it, and so not
   * that an image nested inside is used: those are mounted along with it. (Such names are rare:
   * most nested ones lie in directories that no image has.)
   */
  List<ImageFile> withInner(List<ImageFile> images) {
    if (env.mounts().status().trace().program().seesMountedImages()) {
      return images;
    }
    Collection<ImageFile> inner =
        catalog.orElseThrow().descendants(images.get(images.size() - 1).name());
    if (inner.isEmpty()) {
      return images;
    }
    List<ImageFile> all = new ArrayList<>(images);
    all.addAll(inner);
    return all;
  }
}
