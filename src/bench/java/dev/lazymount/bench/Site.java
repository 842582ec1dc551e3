package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The place of one system under test: a root with a directory for every name, in each of which
 * there is {@code bin/tool}, and an image for every name, each a file of its own of about 72 KiB.
 */
final class Site {
  private static final int CONTENT = 68 * 1024;

  private final Path root;
  private final Path images;
  private final Path own;
  private final List<String> names = new ArrayList<>();
  private int used;

  /**
   * Makes a site.
   *
   * @param workspace where
   * @param name of its folder in there
   * @param size how many names
   */
  Site(Workspace workspace, String name, int size) throws IOException, InterruptedException {
    Path folder = workspace.folder().resolve(name);
    root = Files.createDirectories(folder.resolve("root"));
    images = Files.createDirectories(folder.resolve("images"));
    own = folder.resolve("own");
    Path image = image(workspace);
    for (int i = 0; i < size; i++) {
      String next = "c" + i;
      names.add(next);
      Files.createDirectories(file(next).getParent());
      Files.writeString(file(next), "the original\n");
      Files.copy(image, images.resolve(next + ".img"));
    }
  }

  /**
   * A root and images that are there already.
   *
   * @param own where a daemon over it keeps its files
   */
  Site(Path root, Path images, Path own) {
    this.root = root;
    this.images = images;
    this.own = own;
  }

  Path root() {
    return root;
  }

  Path images() {
    return images;
  }

  /** Where a daemon over it keeps its files. */
  Path own() {
    return own;
  }

  /**
   * Makes the root a shared mount, as all mounts are on a host that systemd booted: what is mounted
   * in it propagates to slave mount namespaces.
   */
  void share(Workspace workspace) throws IOException, InterruptedException {
    workspace.run(List.of("mount", "--bind", root.toString(), root.toString()), List.of());
    workspace.run(List.of("mount", "--make-shared", root.toString()), List.of());
  }

  /** Names that have not been used yet. */
  List<String> take(int count) {
    List<String> taken = names.subList(used, used + count);
    used += count;
    return taken;
  }

  /** The directory that the image is mounted on. */
  String target(String name) {
    return root.resolve(name).toString();
  }

  /** A file in there. */
  Path file(String name) {
    return root.resolve(name).resolve("bin/tool");
  }

  /** For the opener: what to open and where the mount is expected. */
  String access(String name) {
    return file(name) + "\t" + target(name);
  }

  /** For the systems that mount by themselves: the image and its mount point. */
  String mount(String name) {
    return images.resolve(name + ".img") + "\t" + target(name);
  }

  /** One image; made once for all sites. Random bytes, so that its size is known. */
  static Path image(Workspace workspace) throws IOException, InterruptedException {
    Path image = workspace.folder().resolve("one.img");
    if (!Files.exists(image)) {
      Path tool = workspace.folder().resolve("content/bin/tool");
      Files.createDirectories(tool.getParent());
      byte[] content = new byte[CONTENT];
      new Random(1).nextBytes(content);
      Files.write(tool, content);
      String from = workspace.folder().resolve("content").toString();
      workspace.run(
          List.of("mksquashfs", from, image.toString(), "-quiet", "-no-progress", "-all-root"),
          List.of());
    }
    return image;
  }
}
