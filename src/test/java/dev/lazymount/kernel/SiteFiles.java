package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The files of a {@link Site}: original directories below its root, and images. */
abstract class SiteFiles {
  /** What {@link Site#version} reads of an original directory. */
  public static final String ORIGINAL = "original\n";

  /** What {@link Site#version} reads of an image. */
  public static final String IMAGE = "image\n";

  static final String VERSION = "version";

  private final Path folder;
  private final Map<Map<String, String>, Path> built = new HashMap<>();
  private int count;

  SiteFiles(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(root());
    Files.createDirectories(images());
    Files.createDirectories(scratch());
  }

  /** All of it is in here. */
  public Path folder() {
    return folder;
  }

  /** The root. */
  public Path root() {
    return folder.resolve("root");
  }

  /** Something below the root. */
  public Path root(String path) {
    return root().resolve(path);
  }

  /** The image directory. */
  public Path images() {
    return folder.resolve("images");
  }

  /** The image file of a name. */
  public Path image(String name) {
    return images().resolve(name + ".img");
  }

  /** Outside root and images, for whatever a test needs. */
  public Path scratch() {
    return folder.resolve("scratch");
  }

  /** A compiler: an original directory and a good image. */
  public void compiler(String name) throws IOException {
    original(name);
    goodImage(name);
  }

  /** So many compilers, named {@code gcc-0} and so on; returns their names. */
  public List<String> compilers(int count) throws IOException {
    List<String> names = IntStream.range(0, count).mapToObj(i -> "gcc-" + i).toList();
    for (String name : names) {
      compiler(name);
    }
    return names;
  }

  /** Only the original directory. */
  public void original(String name) throws IOException {
    original(name, Map.of(VERSION, ORIGINAL));
  }

  /**
   * The original directory, with these files; it appears at once and without an open below root.
   */
  public void original(String name, Map<String, String> files) throws IOException {
    Path staged = write(files);
    Path target = root(name);
    Files.createDirectories(target.getParent());
    if (Files.isDirectory(target)) {
      // An outer directory, which already has inner ones.
      for (String file : files.keySet()) {
        Files.move(staged.resolve(file), target.resolve(file));
      }
    } else {
      Files.move(staged, target);
    }
  }

  /** A good image. */
  public void goodImage(String name) throws IOException {
    image(name, Map.of(VERSION, IMAGE));
  }

  /**
   * A good image with these files.
   *
   * @param files by path; one that ends with a slash is an empty directory
   */
  public void image(String name, Map<String, String> files) throws IOException {
    Path ready = built.get(files);
    if (ready == null) {
      ready = imageOf(files);
      built.put(files, ready);
    }
    place(ready, name);
  }

  /** Makes an image of these files, outside the image directory. */
  public Path imageOf(Map<String, String> files) throws IOException {
    return imageOf(write(files));
  }

  /** Makes an image of a directory, outside the image directory. */
  public Path imageOf(Path directory) {
    Path image = scratch().resolve("image-" + count++);
    ChildProcess.run(
            "mksquashfs",
            directory.toString(),
            image.toString(),
            "-quiet",
            "-no-progress",
            "-all-root")
        .orFail();
    return image;
  }

  /** A copy of a file becomes the image of a name, in one step, replacing one that is there. */
  public void place(Path file, String name) throws IOException {
    Path copy = Files.copy(file, scratch().resolve("copy-" + count++));
    Files.createDirectories(image(name).getParent());
    Files.move(copy, image(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Those bytes become the image of a name. */
  public void place(byte[] bytes, String name) throws IOException {
    place(Files.write(scratch().resolve("bytes-" + count++), bytes), name);
  }

  /** How many image files there are. */
  public long imageFiles() throws IOException {
    try (Stream<Path> all = Files.walk(images())) {
      return all.filter(file -> file.toString().endsWith(".img")).count();
    }
  }

  private Path write(Map<String, String> files) throws IOException {
    Path directory = Files.createDirectory(scratch().resolve("files-" + count++));
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      if (file.getKey().endsWith("/")) {
        Files.createDirectories(path);
      } else {
        Files.createDirectories(path.getParent());
        Files.writeString(path, file.getValue());
      }
    }
    return directory;
  }
}
