package dev.lazymount.bench;

import dev.lazymount.linux.MountInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A storage with compilers and their images, that of a network or a local disk.
 *
 * <p>A network's storage is src/bench/c/latency.c over a tmpfs: dropping the caches makes the
 * storage cold, and what it is made of stays warm. Each {@link Site} in it has all compilers under
 * their names; the files are hard links, so that a site takes no space. FUSE caches them separately
 * for each site.
 *
 * <p>All of it is a shared mount, as on a host that systemd booted, so that what is mounted in it
 * propagates to slave mount namespaces.
 */
final class Storage implements AutoCloseable {
  /** What a storage is like. */
  enum Profile {
    LOCAL(0, 0, 0),
    EFS(600, 1000, 300),
    SLOW(1200, 3000, 150);

    private final int metadataMicros;
    private final int readMicros;
    private final int megabytesPerSecond;

    Profile(int metadataMicros, int readMicros, int megabytesPerSecond) {
      this.metadataMicros = metadataMicros;
      this.readMicros = readMicros;
      this.megabytesPerSecond = megabytesPerSecond;
    }

    static List<Profile> named(String titles) throws IOException {
      try {
        return Arrays.stream(titles.split(",", -1))
            .map(title -> valueOf(title.toUpperCase(Locale.ROOT)))
            .toList();
      } catch (IllegalArgumentException e) {
        throw new IOException("there is no such profile of a storage: " + titles, e);
      }
    }

    String title() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What was asked of a storage: calls, and bytes read. */
  record Load(long metadata, long reads, long bytes) {
    Load minus(Load earlier) {
      return new Load(metadata - earlier.metadata, reads - earlier.reads, bytes - earlier.bytes);
    }
  }

  /** NFS asks again after at most this long (acregmax, acdirmax). */
  private static final int CACHE_SECONDS = 60;

  private final Workspace workspace;
  private final Path folder;
  private final Path from;
  private final Path at;
  private Process server;

  /** Creates an empty storage that is not there yet; add sites, then {@link #serve}. */
  Storage(Workspace workspace, String name, boolean local)
      throws IOException, InterruptedException {
    this.workspace = workspace;
    folder = Files.createDirectory(workspace.folder().resolve(name));
    from = Files.createDirectory(folder.resolve("from"));
    at = local ? from : Files.createDirectory(folder.resolve("at"));
    if (local) {
      mount("--bind", from.toString(), from.toString());
      mount("--make-shared", from.toString());
    } else {
      mount("-t", "tmpfs", "-o", "mode=755,size=80%", "backing", from.toString());
    }
  }

  /**
   * Adds a site that has these compilers, each under its name. Names of one compiler have files of
   * the same inodes, but an image each: lazymount mounts one image under two names from one device.
   */
  Site add(String name, List<Compiler> compilers, List<String> names)
      throws IOException, InterruptedException {
    Path root = Files.createDirectories(from.resolve(name).resolve("root"));
    Path images = Files.createDirectories(from.resolve(name).resolve("images"));
    for (int i = 0; i < compilers.size(); i++) {
      Path content = content(compilers.get(i));
      Path image = content.resolve(names.get(i) + ".img");
      if (!Files.exists(image)) {
        Files.copy(content.resolve("image.img"), image);
      }
      copy("-al", content.resolve("root"), root.resolve(names.get(i)));
      copy("-l", image, images.resolve(names.get(i) + ".img"));
    }
    return new Site(
        at.resolve(name).resolve("root"),
        at.resolve(name).resolve("images"),
        folder.resolve("own-" + name));
  }

  /** Adds small images to a site, each with a directory of one file. */
  void addSmall(Site site, List<String> names) throws IOException, InterruptedException {
    Path image = Site.image(workspace);
    Path inBacking = from.resolve(at.relativize(site.root()).getName(0));
    for (String name : names) {
      Files.copy(image, inBacking.resolve("images").resolve(name + ".img"));
      Path tool = inBacking.resolve("root").resolve(name).resolve("bin/tool");
      Files.createDirectories(tool.getParent());
      Files.writeString(tool, "the original\n");
    }
  }

  /** Makes it available, with the latency of the profile. */
  void serve(Profile profile) throws IOException, InterruptedException {
    if (profile == Profile.LOCAL) {
      return;
    }
    Path log = folder.resolve("latency.log");
    server =
        workspace.start(
            List.of(
                workspace.program("latency").toString(),
                from.toString(),
                at.toString(),
                Integer.toString(profile.metadataMicros),
                Integer.toString(profile.readMicros),
                Integer.toString(profile.megabytesPerSecond),
                Integer.toString(CACHE_SECONDS),
                counts().toString()),
            log);
    for (int i = 0; !isMounted(at); i++) {
      if (!server.isAlive() || i == 500) {
        throw new IOException("the storage does not get ready: " + Files.readString(log));
      }
      Thread.sleep(20);
    }
    mount("--make-shared", at.toString());
  }

  /** What has been asked of it so far; nothing is known of a local one. */
  Load load() throws IOException {
    if (server == null) {
      return new Load(0, 0, 0);
    }
    ByteBuffer numbers =
        ByteBuffer.wrap(Files.readAllBytes(counts())).order(ByteOrder.nativeOrder());
    return new Load(numbers.getLong(), numbers.getLong(), numbers.getLong());
  }

  /** Waits until nothing has been read from it for a second. */
  void awaitQuiet() throws IOException, InterruptedException {
    Load before;
    do {
      before = load();
      Thread.sleep(1000);
    } while (!load().equals(before));
  }

  /** Ends it, and frees its content. Nothing may be mounted in it any more. */
  @Override
  public void close() throws IOException, InterruptedException {
    if (server != null) {
      workspace.run(List.of("umount", at.toString()), List.of());
      workspace.end(server);
      server = null;
    }
    workspace.run(List.of("umount", from.toString()), List.of());
    workspace.run(List.of("rm", "-rf", "--one-file-system", from.toString()), List.of());
  }

  /** Whether something is mounted on a directory of it. */
  static boolean isMounted(Path directory) throws IOException {
    String target = directory.toString();
    return MountInfo.read().stream().anyMatch(mount -> mount.target().equals(target));
  }

  /** What is mounted below a directory of it, the newest first. */
  static List<String> mountedBelow(Path directory) throws IOException {
    List<String> targets =
        MountInfo.read().stream()
            .map(MountInfo::target)
            .filter(target -> target.startsWith(directory + "/"))
            .collect(Collectors.toList());
    Collections.reverse(targets);
    return targets;
  }

  private Path counts() {
    return folder.resolve("counts");
  }

  /** A compiler's own copy in this storage, from which each site links. */
  private Path content(Compiler compiler) throws IOException, InterruptedException {
    Path content = from.resolve("content").resolve(compiler.title());
    if (!Files.exists(content)) {
      Files.createDirectories(content.getParent());
      copy("-a", compiler.prepare(workspace), content);
    }
    return content;
  }

  private void copy(String how, Path source, Path target) throws IOException, InterruptedException {
    workspace.run(List.of("cp", how, source.toString(), target.toString()), List.of());
  }

  private void mount(String... words) throws IOException, InterruptedException {
    workspace.run(Stream.concat(Stream.of("mount"), Stream.of(words)).toList(), List.of());
  }
}
