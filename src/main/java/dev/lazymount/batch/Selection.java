package dev.lazymount.batch;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.text.Printable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The images that an operator selects.
 *
 * @param which all images, the idle ones, or named ones
 * @param names of named ones; otherwise empty
 */
public record Selection(Which which, List<String> names) {
  /** Which images. */
  public enum Which {
    /** All images. */
    ALL,
    /** All images that are not in use. */
    IDLE,
    /** Named images. */
    NAMED
  }

  /** Some of the names have no image; the message lists all of these. */
  public static final class Unknown extends Exception {
    private static final long serialVersionUID = 1L;

    private Unknown(Collection<String> names) {
      super(
          "no image has "
              + (names.size() == 1 ? "the name " : "these names: ")
              + names.stream().map(Printable::of).collect(Collectors.joining(", "))
              + "; nothing was done");
    }
  }

  /** All images. */
  public static Selection all() {
    return new Selection(Which.ALL, List.of());
  }

  /** The images that are not in use. */
  public static Selection idle() {
    return new Selection(Which.IDLE, List.of());
  }

  /** The images of these names. */
  public static Selection of(List<String> names) {
    return new Selection(Which.NAMED, List.copyOf(names));
  }

  /** As arguments of a request to the daemon. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add(which.name());
    arguments.addAll(names);
    return arguments;
  }

  /**
   * From the arguments of a request.
   *
   * @throws IllegalArgumentException if they are no selection
   */
  static Selection fromArguments(List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new IllegalArgumentException("no arguments");
    }
    Which which = Which.valueOf(arguments.get(0));
    return new Selection(which, arguments.subList(1, arguments.size()));
  }

  /**
   * What to mount, in layers: outer images first, because an outer image mounted later would hide
   * the nested one. Parent and nested images are included, as with an access.
   *
   * @param catalog the images there are
   * @throws Unknown if a named image is not among them
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
   * What to unmount, in layers: nested images first.
   *
   * @param catalog the images there are
   * @param mounted names of mounted images, in the catalog or not
   * @throws Unknown if a named image is in neither
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

  /** The layer of a name is the number of other names around it. */
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
