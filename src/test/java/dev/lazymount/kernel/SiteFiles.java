package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The files of a {@link Site}: the original directories below its root, and the images. */
abstract class SiteFiles {
  /** The version file of an original directory, see {@link Site#version}. */
  public static final String ORIGINAL = "original\n";

  /** The version file of an image, see {@link Site#version}. */
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

  /** The folder that contains everything. */
  public Path folder() {
    return folder;
  }

  /** The root. */
  public Path root() {
    return folder.resolve("root");
  }

  /** A path below the root. */
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

  /** A directory outside the root and the images, for other files of a test. */
  public Path scratch() {
    return folder.resolve("scratch");
  }

  /** Creates a compiler: an original directory and a good image. */
  public void compiler(String name) throws IOException {
    original(name);
    goodImage(name);
  }

  /** Creates so many compilers, {@code gcc-0} and so on; returns their names. */
  public List<String> compilers(int count) throws IOException {
    List<String> names = IntStream.range(0, count).mapToObj(i -> "gcc-" + i).toList();
    for (String name : names) {
      compiler(name);
    }
    return names;
  }

  /** Creates an original directory. */
  public void original(String name) throws IOException {
    original(name, Map.of(VERSION, ORIGINAL));
  }

  /**
   * Creates an original directory with these files, by rename, so that no open below the root is
   * traced.
   */
  public void original(String name, Map<String, String> files) throws IOException {
    Path staged = write(files);
    Path target = root(name);
    Files.createDirectories(target.getParent());
    if (Files.isDirectory(target)) {
      // It already contains the directories of inner images.
      for (String file : files.keySet()) {
        Files.move(staged.resolve(file), target.resolve(file));
      }
    } else {
      Files.move(staged, target);
    }
  }

  /** Creates a good image. */
  public void goodImage(String name) throws IOException {
    image(name, Map.of(VERSION, IMAGE));
  }

  /**
   * Creates a good image with these files.
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

  /**
   * Packs these files into an image outside the image directory. Its top directory is newer than
   * every original directory, whichever was made first.
   */
  public Path imageOf(Map<String, String> files) throws IOException {
    Path directory = write(files);
    Files.setLastModifiedTime(directory, FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    return imageOf(directory);
  }

  /** Packs a directory into an image outside the image directory. */
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

  /** Makes a copy of a file the image of a name, by rename; replaces an existing image. */
  public void place(Path file, String name) throws IOException {
    Path copy = Files.copy(file, scratch().resolve("copy-" + count++));
    Files.createDirectories(image(name).getParent());
    Files.move(copy, image(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Makes these bytes the image of a name. */
  public void place(byte[] bytes, String name) throws IOException {
    place(Files.write(scratch().resolve("bytes-" + count++), bytes), name);
  }

  /** The number of image files. */
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
