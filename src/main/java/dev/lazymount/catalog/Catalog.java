package dev.lazymount.catalog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The images there are, and the symlinks in the root: an immutable snapshot, made by {@link
 * CatalogScan} and shared by any number of threads. Two are equal if they have the same images and
 * symlinks.
 *
 * <p>Names nest: with {@code arm64} and {@code arm64/gcc-8.2.0} both there, an access below the
 * second uses both.
 */
public final class Catalog {
  /** As many symlinks as the kernel follows in one path (MAXSYMLINKS). */
  static final int MAX_HOPS = 40;

  private final NavigableMap<String, ImageFile> images;
  private final NavigableMap<String, String> links;
  private final NavigableMap<String, String> linksOut;
  private final Node top = new Node();
  private final int maxDepth;
  private final int componentsNeeded;
  private final int longestComponent;

  private Catalog(
      NavigableMap<String, ImageFile> images,
      NavigableMap<String, String> links,
      NavigableMap<String, String> linksOut) {
    this.images = Collections.unmodifiableNavigableMap(images);
    this.links = Collections.unmodifiableNavigableMap(links);
    this.linksOut = Collections.unmodifiableNavigableMap(linksOut);
    int deepest = 0;
    for (ImageFile image : images.values()) {
      List<String> path = List.of(image.name().split("/"));
      top.descend(path, true).image = image;
      deepest = Math.max(deepest, path.size());
    }
    this.maxDepth = deepest;
    this.longestComponent = longestComponent(images.keySet());
    // While no link makes a path shorter, a path cut behind the deepest name or link stays as long
    // through every hop. One that does may be followed by another, so no such number is enough.
    boolean shortening = false;
    for (Map.Entry<String, String> link : links.entrySet()) {
      List<String> path = RootPath.components(link.getKey(), RootPath.ALL).orElseThrow();
      List<String> target = RootPath.components(link.getValue(), RootPath.ALL).orElseThrow();
      top.descend(path, false).link = Link.of(link, target);
      deepest = Math.max(deepest, path.size());
      shortening |= target.size() < path.size();
    }
    for (Map.Entry<String, String> link : linksOut.entrySet()) {
      List<String> path = RootPath.components(link.getKey(), RootPath.ALL).orElseThrow();
      top.descend(path, false).link = Link.of(link, null);
      deepest = Math.max(deepest, path.size());
    }
    this.componentsNeeded = shortening ? Integer.MAX_VALUE : deepest + 1;
  }

  /** A catalog without images. */
  public static Catalog empty() {
    return of(List.of(), Map.of());
  }

  /** A catalog of these images and links, none of which leads out of the root. */
  public static Catalog of(Collection<ImageFile> images, Map<String, String> links) {
    return of(images, links, Map.of());
  }

  /**
   * A catalog of these images and links.
   *
   * @param images of two with the same name, the first counts
   * @param links symlinks in the root, from their path relative to the root to their target's, both
   *     normalised here. A target of the empty text is the root itself. A link is dropped if it is
   *     the root, or if its target leaves the root
   * @param linksOut symlinks in the root that lead out of it, from their path relative to the root
   *     to a text that says where
   */
  public static Catalog of(
      Collection<ImageFile> images, Map<String, String> links, Map<String, String> linksOut) {
    NavigableMap<String, ImageFile> byName = new TreeMap<>();
    for (ImageFile image : images) {
      byName.putIfAbsent(image.name(), image);
    }
    NavigableMap<String, String> inside = new TreeMap<>();
    links.forEach(
        (path, target) -> {
          Optional<String> from = normalised(path).filter(text -> !text.isEmpty());
          Optional<String> to = normalised(target);
          if (from.isPresent() && to.isPresent()) {
            inside.put(from.get(), to.get());
          }
        });
    return new Catalog(byName, inside, new TreeMap<>(linksOut));
  }

  private static Optional<String> normalised(String path) {
    return RootPath.components(path, RootPath.ALL).map(RootPath::join);
  }

  /**
   * Where a path leads once all symlinks that are known are followed as the kernel does, the first
   * one on the way first.
   *
   * <p>Never blocks and keeps nothing of what it is given. A path that begins with no known
   * component costs one hash look-up and one small object; storms of made-up names are decided
   * here.
   *
   * @param components below the root, without {@code .} and {@code ..}. The first {@link
   *     #componentsNeeded()} are enough for the kind and the images
   */
  public Resolution resolve(List<String> components) {
    List<Resolution.Hop> hops = List.of();
    List<String> path = components;
    while (true) {
      List<ImageFile> found = List.of();
      Node node = top;
      int next = 0;
      while (next < path.size() && node != null && node.link == null) {
        node = node.children.get(path.get(next++));
        if (node != null && node.link == null && node.image != null) {
          found = found.isEmpty() ? List.of(node.image) : concat(found, List.of(node.image));
        }
      }
      if (node == null || node.link == null) {
        return new Resolution(kind(path, found, node), hops, found, path);
      }
      hops = concat(hops, List.of(node.link.hop));
      if (hops.size() > MAX_HOPS) {
        return new Resolution(Resolution.Kind.LOOP, hops, List.of(), path);
      }
      if (node.link.target == null) {
        return new Resolution(Resolution.Kind.LEADS_OUT, hops, List.of(), path);
      }
      path = concat(node.link.target, path.subList(next, path.size()));
    }
  }

  /** The kind of a path without symlinks; {@code last} is its node, null if none is known. */
  private static Resolution.Kind kind(List<String> path, List<ImageFile> found, Node last) {
    if (path.isEmpty()) {
      return Resolution.Kind.ROOT;
    }
    if (!found.isEmpty()) {
      boolean own = last != null && last.image != null;
      return own ? Resolution.Kind.OWN_DIRECTORY : Resolution.Kind.INSIDE;
    }
    return last != null && last.leadsToImages
        ? Resolution.Kind.DIRECTORY
        : Resolution.Kind.NO_IMAGE;
  }

  /**
   * The images to mount so that this one is: itself, and before it those around it.
   *
   * @param name an image's name; the result is empty if there is none, or if a symlink is in its
   *     place
   */
  public List<ImageFile> matchInside(String name) {
    return ownDirectory(name)
        .filter(found -> found.image().orElseThrow().name().equals(name))
        .map(Resolution::images)
        .orElse(List.of());
  }

  /**
   * The image whose own directory this is, once all symlinks are followed.
   *
   * @param name any text
   */
  public Optional<ImageFile> behind(String name) {
    return ownDirectory(name).flatMap(Resolution::image);
  }

  private Optional<Resolution> ownDirectory(String name) {
    return Optional.of(resolve(List.of(name.split("/", -1))))
        .filter(found -> found.kind() == Resolution.Kind.OWN_DIRECTORY);
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
   * The images nested in this name, sorted: an outer image must not be mounted over an inner one.
   *
   * @param name a name or any other path below the root, without a slash at its end
   * @return an unmodifiable view, empty if there are none
   */
  public Collection<ImageFile> descendants(String name) {
    return inside(images, name).values();
  }

  /** The names of images that lead out of the root by a symlink, and can't be served; sorted. */
  public List<String> namesLeadingOut() {
    return linksOut.isEmpty()
        ? List.of()
        : names().stream()
            .filter(name -> leadsOut(RootPath.components(name).orElse(List.of())))
            .sorted()
            .toList();
  }

  private boolean leadsOut(List<String> components) {
    return resolve(components).kind() == Resolution.Kind.LEADS_OUT;
  }

  /**
   * The symlinks known in the root that lead to another place in it, sorted: from path to target,
   * both relative to the root and normalised; an unmodifiable view.
   */
  public NavigableMap<String, String> links() {
    return links;
  }

  /**
   * The symlinks known in the root that lead out of it, sorted: from path to a text that says where
   * they lead; an unmodifiable view. What is below them can't be served from an image.
   */
  public NavigableMap<String, String> linksOut() {
    return linksOut;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Catalog that
            && images.equals(that.images)
            && links.equals(that.links)
            && linksOut.equals(that.linksOut));
  }

  @Override
  public int hashCode() {
    return Objects.hash(images, links, linksOut);
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
   * How many of the first components of a path are enough for {@link #resolve}: usually {@link
   * #maxDepth()} and one more, but {@link Integer#MAX_VALUE} if a symlink makes paths shorter. At
   * least 1.
   */
  public int componentsNeeded() {
    return componentsNeeded;
  }

  @Override
  public String toString() {
    return "Catalog["
        + images.size()
        + " images, "
        + links.size()
        + " links, "
        + linksOut.size()
        + " out of the root]";
  }

  /** The part of a map from paths whose keys are below {@code path}. */
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

  /** A symlink: what is reported of it, and what replaces it; null if that is not in the root. */
  private record Link(Resolution.Hop hop, List<String> target) {
    static Link of(Map.Entry<String, String> link, List<String> target) {
      return new Link(new Resolution.Hop(link.getKey(), link.getValue()), target);
    }
  }

  /** One component of a known path. Written only while its catalog is made. */
  private static final class Node {
    /** Most nodes are leaves, and an empty HashMap each would be a tenth of a catalog. */
    private Map<String, Node> children = Map.of();

    private ImageFile image;
    private Link link;
    private boolean leadsToImages;

    Node descend(List<String> path, boolean toImage) {
      Node node = this;
      for (String component : path) {
        node.leadsToImages |= toImage;
        if (node.children.isEmpty()) {
          node.children = new HashMap<>();
        }
        node = node.children.computeIfAbsent(component, c -> new Node());
      }
      return node;
    }
  }
}
