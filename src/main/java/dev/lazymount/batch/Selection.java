package dev.lazymount.batch;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.status.Access;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which images somebody asks for.
 *
 * @param which all of them, those that are idle, or those named
 * @param names if they are named; else empty
 */
public record Selection(Which which, List<String> names) {
  /** Which images. */
  public enum Which {
    /** All. */
    ALL,
    /** Of all, those that nobody uses. */
    IDLE,
    /** Those named. */
    NAMED
  }

  /** Names are asked for that no image has; the message has all of them. */
  public static final class Unknown extends Exception {
    private static final long serialVersionUID = 1L;

    private Unknown(Collection<String> names) {
      super(
          "no image has "
              + (names.size() == 1 ? "the name " : "these names: ")
              + names.stream().map(Access::printable).collect(Collectors.joining(", "))
              + "; nothing was done");
    }
  }

  /** All images. */
  public static Selection all() {
    return new Selection(Which.ALL, List.of());
  }

  /** Those that nobody uses. */
  public static Selection idle() {
    return new Selection(Which.IDLE, List.of());
  }

  /** Those named. */
  public static Selection of(List<String> names) {
    return new Selection(Which.NAMED, List.copyOf(names));
  }

  /** As the arguments of a question to the daemon. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add(which.name());
    arguments.addAll(names);
    return arguments;
  }

  /**
   * From the arguments of a question.
   *
   * @throws IllegalArgumentException if they say nothing
   */
  static Selection fromArguments(List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new IllegalArgumentException("no arguments");
    }
    Which which = Which.valueOf(arguments.get(0));
    return new Selection(which, arguments.subList(1, arguments.size()));
  }

  /**
   * What to mount, in layers: all of one before any of the next, as what is mounted later would
   * hide what lies inside. With a named image go those that it lies in and those that lie in it, as
   * with an access.
   *
   * @param catalog the images there are
   * @throws Unknown if one that is named is none of them
   */
  List<List<String>> toMount(Catalog catalog) throws Unknown {
    if (which != Which.NAMED) {
      return layers(catalog.names());
    }
    refuse(names.stream().filter(name -> catalog.get(name).isEmpty()).toList());
    Set<String> all = new TreeSet<>(names);
    for (String name : names) {
      for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
        catalog.get(name.substring(0, slash)).map(ImageFile::name).ifPresent(all::add);
      }
      catalog.descendants(name).forEach(image -> all.add(image.name()));
    }
    return layers(all);
  }

  /**
   * What to unmount, in layers: what lies inside another image first.
   *
   * @param catalog the images there are
   * @param mounted names of images that are mounted, whether they are in the catalog or not
   * @throws Unknown if one that is named is neither
   */
  List<List<String>> toUnmount(Catalog catalog, Set<String> mounted) throws Unknown {
    Collection<String> wanted = which == Which.NAMED ? new TreeSet<>(names) : mounted;
    refuse(
        wanted.stream()
            .filter(name -> !mounted.contains(name) && catalog.get(name).isEmpty())
            .toList());
    List<List<String>> layers = new ArrayList<>(layers(wanted));
    Collections.reverse(layers);
    return layers;
  }

  private static void refuse(List<String> unknown) throws Unknown {
    if (!unknown.isEmpty()) {
      throw new Unknown(unknown);
    }
  }

  /** A name's layer is the number of others that it lies in. */
  private static List<List<String>> layers(Collection<String> names) {
    Set<String> all = Set.copyOf(names);
    List<List<String>> layers = new ArrayList<>();
    for (String name : names) {
      int layer = 0;
      for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
        layer += all.contains(name.substring(0, slash)) ? 1 : 0;
      }
      while (layers.size() <= layer) {
        layers.add(new ArrayList<>());
      }
      layers.get(layer).add(name);
    }
    return layers;
  }
}
