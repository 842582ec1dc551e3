package dev.lazymount.catalog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Paths, and a catalog with symlinks: lexical normalisation as a slow and obvious one does it, and
 * the images that a simple search finds.
 */
public final class RootPathFuzz {
  private static final String ROOT = "/opt/ce";

  private RootPathFuzz() {}

  /** Lines: a path; then names, or {@code link>target}. */
  public static void fuzzerTestOneInput(byte[] data) {
    List<String> lines = List.of(new String(data, StandardCharsets.ISO_8859_1).split("\n", -1));
    String path = lines.get(0);
    Optional<List<String>> found = RootPath.below(ROOT, path, RootPath.ALL);
    Optional<List<String>> expected = normalise(path);
    if (!found.equals(expected)) {
      throw new AssertionError(path + ": " + found + " is not " + expected);
    }
    List<ImageFile> images = new ArrayList<>();
    Map<String, String> links = new TreeMap<>();
    for (String line : lines.subList(1, Math.min(lines.size(), 20))) {
      int arrow = line.indexOf('>');
      String name = arrow < 0 ? line : line.substring(0, arrow);
      if (ImageFile.refusal(name).isPresent()) {
        continue;
      }
      if (arrow < 0) {
        images.add(new ImageFile(name, name + ".img"));
      } else if (ImageFile.refusal(line.substring(arrow + 1)).isEmpty()) {
        links.put(name, line.substring(arrow + 1));
      }
    }
    Catalog catalog = Catalog.of(images, links);
    RootPath.below(ROOT, path)
        .map(catalog::resolve)
        .ifPresent(resolution -> check(resolution, images));
  }

  /** The images of the resolved path are those whose name is a prefix of it. */
  private static void check(Resolution resolution, List<ImageFile> images) {
    if (resolution.kind() != Resolution.Kind.INSIDE
        && resolution.kind() != Resolution.Kind.OWN_DIRECTORY) {
      return;
    }
    String path = RootPath.join(resolution.path()) + "/";
    List<String> expected =
        images.stream()
            .map(ImageFile::name)
            .filter(name -> path.startsWith(name + "/"))
            .distinct()
            .sorted()
            .toList();
    List<String> found = resolution.images().stream().map(ImageFile::name).toList();
    if (!found.equals(expected)) {
      throw new AssertionError(path + ": " + found + " is not " + expected);
    }
  }

  private static Optional<List<String>> normalise(String path) {
    if (!path.startsWith("/") || path.length() > RootPath.MAX_CHARS) {
      return Optional.empty();
    }
    Deque<String> all = new ArrayDeque<>();
    for (String component : path.split("/", -1)) {
      if (component.equals("..")) {
        all.pollLast();
      } else if (!component.isEmpty() && !component.equals(".")) {
        all.addLast(component);
      }
    }
    List<String> components = List.copyOf(all);
    return components.size() >= 2 && components.subList(0, 2).equals(List.of("opt", "ce"))
        ? Optional.of(components.subList(2, components.size()))
        : Optional.empty();
  }
}
