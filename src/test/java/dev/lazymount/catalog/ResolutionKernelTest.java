package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random trees of directories and symlinks are scanned. How {@link RootPath} and {@link
 * Catalog#resolve} resolve random spellings of paths is compared with how the kernel does.
 *
 * <p>Three cases are left out, because a resolution does not promise them: a {@code ..} directly
 * after a symlink, which is resolved lexically; symlinks inside an image's directory and outside of
 * the root, which a scan does not read.
 */
final class ResolutionKernelTest {
  private static final long SEED = 20261201;
  private static final int TREES = 40;
  private static final int PATHS = 60;
  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  @TempDir Path temp;

  /** A file system tree, and the names of the images in it. */
  private record Tree(Path root, Path images, List<String> names) {}

  @Test
  void resolvesRandomPathsAsTheKernelDoes() throws IOException {
    Map<Resolution.Kind, Integer> seen = new EnumMap<>(Resolution.Kind.class);
    for (int i = 0; i < TREES; i++) {
      long seed = SEED + i;
      Random random = new Random(seed);
      Tree tree = tree(random, Files.createDirectory(temp.resolve("tree" + i)).toRealPath());
      CatalogScan.Scan scan =
          CatalogScan.scan(
              tree.images().toString(), tree.root().toString(), List.of(".img"), Catalog.empty());
      assertEquals(List.of(), scan.problems());
      for (int n = 0; n < PATHS; n++) {
        String path = spelled(random, tree);
        Resolution found = resolve(scan.catalog(), tree.root(), path);
        if (isAsTheKernelHasIt(
            tree, path, found, "seed " + seed + ", path " + path + ": " + found)) {
          seen.merge(found.kind(), 1, Integer::sum);
        }
      }
    }
    for (Resolution.Kind kind : Resolution.Kind.values()) {
      assertTrue(seen.getOrDefault(kind, 0) >= 20, () -> "too few of " + kind + ": " + seen);
    }
  }

  /** As the router and explain do it. */
  private static Resolution resolve(Catalog catalog, Path root, String path) {
    return RootPath.below(root.toString(), path)
        .map(catalog::resolve)
        .orElseGet(Resolution::outside);
  }

  /** Compares; false if the kernel finds nothing there, so that there is nothing to compare. */
  private static boolean isAsTheKernelHasIt(
      Tree tree, String path, Resolution found, String message) throws IOException {
    Path real;
    try {
      real = Path.of(path).toRealPath();
    } catch (NoSuchFileException gone) {
      return false;
    } catch (FileSystemException loop) {
      assertTrue(loop.getMessage().contains("Too many levels"), message);
      assertEquals(Resolution.Kind.LOOP, found.kind(), message);
      return true;
    }
    switch (found.kind()) {
      case OUTSIDE, LEADS_OUT -> assertTrue(!real.startsWith(tree.root()), message + " " + real);
      case LOOP -> fail(message + ", which the kernel opens: " + real);
      default -> {
        Path expected = tree.root();
        for (String component : found.path()) {
          expected = expected.resolve(component);
        }
        assertEquals(real, expected, message);
        assertEquals(
            images(tree, real), found.images().stream().map(ImageFile::name).toList(), message);
        assertEquals(kind(tree, real), found.kind(), message);
      }
    }
    return true;
  }

  private static List<String> images(Tree tree, Path real) {
    return tree.names().stream()
        .filter(name -> real.startsWith(tree.root().resolve(name)))
        .sorted()
        .toList();
  }

  private static Resolution.Kind kind(Tree tree, Path real) {
    if (real.equals(tree.root())) {
      return Resolution.Kind.ROOT;
    }
    if (tree.names().stream().anyMatch(name -> real.equals(tree.root().resolve(name)))) {
      return Resolution.Kind.OWN_DIRECTORY;
    }
    if (!images(tree, real).isEmpty()) {
      return Resolution.Kind.INSIDE;
    }
    return tree.names().stream().anyMatch(name -> tree.root().resolve(name).startsWith(real))
        ? Resolution.Kind.DIRECTORY
        : Resolution.Kind.NO_IMAGE;
  }

  // ---- Random trees

  private static Tree tree(Random random, Path folder) throws IOException {
    Path root = Files.createDirectories(folder.resolve("opt/ce"));
    Path images = Files.createDirectory(folder.resolve("images"));
    Path outside = Files.createDirectories(folder.resolve("srv/a/b"));
    Files.createDirectories(outside.resolve("c"));
    List<String> names = new ArrayList<>();
    for (int i = 3 + random.nextInt(4); i > 0; i--) {
      String name = name(random, 1 + random.nextInt(3));
      Path file = images.resolve(name + ".img");
      if (!Files.exists(file)) {
        Files.createDirectories(file.getParent());
        Files.createFile(file);
        Files.createDirectories(root.resolve(name));
        names.add(name);
      }
    }
    for (int i = 2 + random.nextInt(6); i > 0; i--) {
      Files.createDirectories(root.resolve(name(random, 1 + random.nextInt(4))));
    }
    for (String name : names) {
      Files.createDirectories(root.resolve(name).resolve(name(random, 2)));
    }
    // Symlinks only where a scan reads them: in the root and on the way to a name.
    List<Path> parents = new ArrayList<>(List.of(root));
    for (String name : names) {
      for (Path at = Path.of(name).getParent(); at != null; at = at.getParent()) {
        parents.add(root.resolve(at));
      }
    }
    List<Path> directories = directories(root);
    for (int i = 2 + random.nextInt(8); i > 0; i--) {
      Path link = parents.get(random.nextInt(parents.size())).resolve("l" + random.nextInt(4));
      if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(link, target(random, root, link.getParent(), directories));
      }
    }
    return new Tree(root, images, names);
  }

  private static List<Path> directories(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }

  private static Path target(Random random, Path root, Path parent, List<Path> directories) {
    Path there = directories.get(random.nextInt(directories.size()));
    Path link = Path.of("l" + random.nextInt(4));
    return switch (random.nextInt(8)) {
      case 0 -> there;
      case 1 -> parent.relativize(root.getParent().getParent().resolve("srv/a"));
      case 2 -> root.getParent().getParent().resolve("srv/a/b");
      case 3 -> root.resolve(link);
      case 4 -> link;
      case 5 -> Path.of(".").resolve(link).resolve(NAMES.get(random.nextInt(NAMES.size())));
      case 6 -> root.resolve(link).resolve(NAMES.get(random.nextInt(NAMES.size())));
      default -> parent.equals(there) ? Path.of(".") : parent.relativize(there);
    };
  }

  private static String name(Random random, int components) {
    return String.join(
        "/",
        Stream.generate(() -> NAMES.get(random.nextInt(NAMES.size()))).limit(components).toList());
  }

  // ---- Random spellings

  /** An absolute path with detours, none of which leaves a symlink by {@code ..}. */
  private static String spelled(Random random, Tree tree) throws IOException {
    StringBuilder path = new StringBuilder();
    Path at = Path.of("/");
    Path start =
        random.nextInt(12) == 0 ? tree.root().resolveSibling("x").getParent() : tree.root();
    for (Path component : start) {
      at = at.resolve(component);
      append(random, path, component.toString(), at);
    }
    for (int i = random.nextInt(7); i > 0; i--) {
      String component = component(random, at);
      at = at.resolve(component);
      append(random, path, component, at);
    }
    return path.isEmpty() ? "/" : path.toString();
  }

  /** Mostly one that is there. */
  private static String component(Random random, Path directory) throws IOException {
    if (random.nextInt(10) > 0 && Files.isDirectory(directory)) {
      try (Stream<Path> all = Files.list(directory)) {
        List<String> names = all.map(path -> path.getFileName().toString()).sorted().toList();
        if (!names.isEmpty()) {
          return names.get(random.nextInt(names.size()));
        }
      }
    }
    return random.nextInt(3) == 0 ? "l" + random.nextInt(4) : NAMES.get(random.nextInt(4));
  }

  private static void append(Random random, StringBuilder path, String component, Path at) {
    path.append(random.nextInt(10) == 0 ? "//" : "/").append(component);
    switch (random.nextInt(10)) {
      case 0 -> path.append("/.");
      case 1 -> {
        // There and back: only where every component is a directory, as the kernel asks for that.
        Optional<Path> real = real(at);
        if (real.isPresent() && real.get().equals(at)) {
          path.append("/../").append(component);
        }
      }
      default -> {
        // No detour.
      }
    }
  }

  private static Optional<Path> real(Path path) {
    try {
      return Optional.of(path.toRealPath());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
