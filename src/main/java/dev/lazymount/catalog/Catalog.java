package dev.lazymount.catalog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The images there are, and the symlinks in the root that lead to them: an immutable snapshot, made
 * by {@link CatalogScan} and shared by any number of threads.
 *
 * <p>Names nest: with {@code arm64} and {@code arm64/gcc-8.2.0} both there, an access below the
 * second concerns both.
 */
public final class Catalog {
  /** As many symlinks as the kernel follows in one path (MAXSYMLINKS). */
  static final int MAX_HOPS = 40;

  private final NavigableMap<String, ImageFile> images;
  private final NavigableMap<String, String> links;
  private final Node top = new Node();
  private final int maxDepth;
  private final int componentsNeeded;
  private final int longestComponent;

  private Catalog(NavigableMap<String, ImageFile> images, NavigableMap<String, String> links) {
    this.images = Collections.unmodifiableNavigableMap(images);
    this.links = Collections.unmodifiableNavigableMap(links);
    int deepest = 0;
    for (ImageFile image : images.values()) {
      List<String> path = List.of(image.name().split("/"));
      top.descend(path).image = image;
      deepest = Math.max(deepest, path.size());
    }
    this.maxDepth = deepest;
    this.longestComponent = longestComponent(images.keySet());
    // While no link makes a path shorter, a path cut behind the deepest name or link stays as long
    // through every hop. One that does may be followed by another, so no such number is enough.
    boolean shortening = false;
    for (Map.Entry<String, String> link : links.entrySet()) {
      List<String> path = LinkPath.relative(link.getKey()).orElseThrow();
      List<String> target = LinkPath.relative(link.getValue()).orElseThrow();
      top.descend(path).target = target;
      deepest = Math.max(deepest, path.size());
      shortening |= target.size() < path.size();
    }
    this.componentsNeeded = shortening ? Integer.MAX_VALUE : deepest + 1;
  }

  /** A catalog without images. */
  public static Catalog empty() {
    return of(List.of(), Map.of());
  }

  /**
   * A catalog of these images and links.
   *
   * @param images of two with the same name, the first counts
   * @param links symlinks in the root, from their path relative to the root to their target's, both
   *     normalised here. A target of the empty text is the root itself; a link is dropped if it is
   *     the root or if its target leaves the root
   */
  public static Catalog of(Collection<ImageFile> images, Map<String, String> links) {
    NavigableMap<String, ImageFile> byName = new TreeMap<>();
    for (ImageFile image : images) {
      byName.putIfAbsent(image.name(), image);
    }
    NavigableMap<String, String> normalised = new TreeMap<>();
    links.forEach(
        (path, target) -> {
          Optional<List<String>> from = LinkPath.relative(path).filter(c -> !c.isEmpty());
          Optional<List<String>> to = LinkPath.relative(target);
          if (from.isPresent() && to.isPresent()) {
            normalised.put(LinkPath.join(from.get()), LinkPath.join(to.get()));
          }
        });
    return new Catalog(byName, normalised);
  }

  /**
   * The images an access concerns: those whose name is a proper prefix of the components, once all
   * symlinks are resolved as the kernel does, the first link first. An access to an image's own
   * directory, without a component after the name, concerns none: that is {@code ls}, not use.
   *
   * <p>Never blocks and keeps nothing of what it is given. A path that begins with no known
   * component costs one hash look-up.
   *
   * @param components below the root, without {@code .} and {@code ..}; the first {@link
   *     #componentsNeeded()} are enough
   * @return outermost first, the order to mount them in; empty also after more than 40 links
   */
  public List<ImageFile> match(List<String> components) {
    List<String> path = components;
    for (int hops = 0; hops <= MAX_HOPS; hops++) {
      List<ImageFile> found = List.of();
      List<String> resolved = null;
      Node node = top;
      for (int i = 0; i < path.size() && resolved == null; i++) {
        node = node.children.get(path.get(i));
        if (node == null) {
          break;
        }
        if (node.target != null) {
          resolved = concat(node.target, path.subList(i + 1, path.size()));
        } else if (node.image != null && i + 1 < path.size()) {
          found = found.isEmpty() ? List.of(node.image) : concat(found, List.of(node.image));
        }
      }
      if (resolved == null) {
        return found;
      }
      path = resolved;
    }
    return List.of();
  }

  /**
   * The images to mount so that this one is, as {@link #match} has them: itself, and before it
   * those that it lies in.
   *
   * @param name an image's name; the result is empty if there is none, or none that is reached by
   *     it
   */
  public List<ImageFile> matchInside(String name) {
    List<ImageFile> found = match(concat(List.of(name.split("/", -1)), List.of("x")));
    boolean reached = !found.isEmpty() && found.get(found.size() - 1).name().equals(name);
    return reached ? found : List.of();
  }

  /**
   * The image of exactly this name, or of the one that a symlink of exactly this name leads to.
   *
   * @param name any text
   */
  public Optional<ImageFile> behind(String name) {
    String at = name;
    for (int hops = 0; hops < MAX_HOPS && links.containsKey(at); hops++) {
      at = links.get(at);
    }
    return get(at);
  }

  /** The image of exactly this name. */
  public Optional<ImageFile> get(String name) {
    return Optional.ofNullable(images.get(name));
  }

  /** All names, sorted; an unmodifiable view. */
  public Collection<String> names() {
    return images.keySet();
  }

  /**
   * The images whose names lie inside this one, sorted: an outer image must not be mounted over an
   * inner one.
   *
   * @param name a name or any other path below the root, without a slash at its end
   * @return an unmodifiable view, empty if there are none
   */
  public Collection<ImageFile> descendants(String name) {
    return inside(images, name).values();
  }

  /**
   * The symlinks known in the root, sorted: from path to target, both relative to the root and
   * normalised; an unmodifiable view.
   */
  public NavigableMap<String, String> links() {
    return links;
  }

  /** Whether another catalog has the same images and links. */
  boolean hasTheSameAs(Catalog other) {
    return this == other || (images.equals(other.images) && links.equals(other.links));
  }

  /** The number of images. */
  public int size() {
    return images.size();
  }

  /** The bytes of the longest component of a name, in UTF-8; 0 without images. */
  public int longestComponent() {
    return longestComponent;
  }

  private static int longestComponent(Collection<String> names) {
    return names.stream()
        .flatMap(name -> Stream.of(name.split("/", -1)))
        .mapToInt(component -> component.getBytes(StandardCharsets.UTF_8).length)
        .max()
        .orElse(0);
  }

  /** The components of the deepest name; 0 without images. */
  public int maxDepth() {
    return maxDepth;
  }

  /**
   * How many of the first components of a path are enough for {@link #match(List)}: usually {@link
   * #maxDepth()} and one more, but {@link Integer#MAX_VALUE} if a symlink makes paths shorter. At
   * least 1.
   */
  public int componentsNeeded() {
    return componentsNeeded;
  }

  @Override
  public String toString() {
    return "Catalog[" + images.size() + " images, " + links.size() + " links]";
  }

  /** The part of a map from paths whose keys lie inside {@code path}. */
  static <V> NavigableMap<String, V> inside(NavigableMap<String, V> map, String path) {
    // '0' follows '/', so this is every key that begins with the path and a slash.
    return map.subMap(path + '/', true, path + '0', false);
  }

  private static <T> List<T> concat(List<? extends T> first, List<? extends T> second) {
    List<T> all = new ArrayList<>(first.size() + second.size());
    all.addAll(first);
    all.addAll(second);
    return all;
  }

  /** One component of a known path. Written only while its catalog is made. */
  private static final class Node {
    /** Most nodes are leaves, and an empty HashMap each would be a tenth of a catalog. */
    private Map<String, Node> children = Map.of();

    private ImageFile image;
    private List<String> target;

    Node descend(List<String> path) {
      Node node = this;
      for (String component : path) {
        if (node.children.isEmpty()) {
          node.children = new HashMap<>();
        }
        node = node.children.computeIfAbsent(component, c -> new Node());
      }
      return node;
    }
  }
}
