package dev.lazymount.bench;

import com.typesafe.config.ConfigFactory;
import dev.lazymount.bench.FirstCompile.Way;
import dev.lazymount.bench.Storage.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One turn of one way in {@link FirstCompile} and {@link Sandboxes}: each compiler compiles once.
 * Afterwards nothing is mounted, and no daemon is running.
 */
final class CompileTurn {
  /** The setting that makes the daemon read ahead. */
  static final String READ_AHEAD = "readahead.enabled";

  /** So many other images has a daemon mounted before, as it is not a fresh JVM that counts. */
  private static final List<String> OTHERS =
      IntStream.range(0, 10).mapToObj(i -> "other-" + i).toList();

  /** The longest that learning takes. */
  private static final long LEARNING_NANOS = TimeUnit.SECONDS.toNanos(120);

  /** Takes what was measured. */
  interface Recorder {
    void record(Compiler compiler, double millis, Load load);
  }

  private final Workspace workspace;
  private final Compiles compiles;
  private final Storage storage;
  private final CompileMachine.Factory machines;
  private final boolean sandboxed;

  /**
   * Turns on a storage.
   *
   * @param sandboxed whether each compile has a mount namespace of its own
   */
  CompileTurn(
      Workspace workspace,
      Compiles compiles,
      Storage storage,
      CompileMachine.Factory machines,
      boolean sandboxed) {
    this.workspace = workspace;
    this.compiles = compiles;
    this.storage = storage;
    this.machines = machines;
    this.sandboxed = sandboxed;
  }

  /** A site for each way. */
  static Map<Way, Site> sites(Storage storage, List<Way> ways, List<Compiler> compilers)
      throws IOException, InterruptedException {
    Map<Way, Site> sites = new EnumMap<>(Way.class);
    for (Way way : ways) {
      Site site =
          storage.add(way.option(), compilers, compilers.stream().map(Compiler::title).toList());
      storage.addSmall(site, OTHERS);
      sites.put(way, site);
    }
    return sites;
  }

  /** Lets a daemon that reads ahead learn what the compilers use; nothing for all other ways. */
  void learn(Way way, Site site, List<Compiler> compilers)
      throws IOException, InterruptedException {
    if (way != Way.AHEAD && way != Way.WARM_LIST) {
      return;
    }
    Progress.show("first-compile: learning for ", way.title());
    // A compile has to fit in.
    Lazymount daemon = daemon(way, site, "readahead.learn-after=10s");
    long end = System.nanoTime() + LEARNING_NANOS;
    for (Compiler compiler : compilers) {
      compiles.millis(compiler, directory(site, compiler), sandboxed);
      // A compile of some milliseconds ends before the mount.
      while (!Storage.mountedBelow(site.root()).contains(site.target(compiler.title()))
          && System.nanoTime() < end) {
        Thread.sleep(20);
      }
      compiles.millis(compiler, directory(site, compiler), sandboxed);
    }
    while (!compilers.stream().allMatch(compiler -> isLearned(site, compiler))) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("the daemon has not learned what compilers use: " + daemon.log());
      }
      Thread.sleep(200);
    }
    end(daemon, site);
  }

  /** Whether the daemon has a list of the files that a compiler uses. */
  private static boolean isLearned(Site site, Compiler compiler) {
    Path lists = site.own().resolve("state/readahead");
    if (!Files.isDirectory(lists)) {
      return false;
    }
    try (Stream<Path> files = Files.list(lists)) {
      for (Path file : files.toList()) {
        if (Files.readString(file).startsWith("@\t" + compiler.title() + "\t")) {
          return true;
        }
      }
      return false;
    } catch (IOException beingReplaced) {
      return false;
    }
  }

  /** Whether this lazymount can read ahead. */
  static boolean canReadAhead() {
    return ConfigFactory.parseResources("dev/lazymount/config/reference.conf")
        .hasPath("lazymount." + READ_AHEAD);
  }

  /** Measures each compiler once. */
  void take(Way way, Site site, List<Compiler> compilers, Recorder recorder)
      throws IOException, InterruptedException {
    switch (way) {
      case ORIGINAL -> {
        for (Compiler compiler : compilers) {
          compiles.dropCaches();
          measure(site, compiler, recorder);
        }
      }
      case MOUNT, WARM -> {
        for (Compiler compiler : compilers) {
          workspace.c("floor", List.of(site.mount(compiler.title())), "exec");
          if (way == Way.MOUNT) {
            compiles.dropCaches();
          } else {
            compiles.millis(compiler, directory(site, compiler), sandboxed);
          }
          measure(site, compiler, recorder);
        }
        unmount(site);
      }
      case LAZYMOUNT, AHEAD -> {
        Lazymount daemon = daemon(way, site);
        workspace.c(
            "opener", OTHERS.stream().map(site::access).toList(), "access", "2000", "10000");
        for (Compiler compiler : compilers) {
          compiles.dropCaches();
          measure(site, compiler, recorder);
          awaitMounted(daemon, site, compiler);
        }
        end(daemon, site);
      }
      case WARM_LIST -> {
        compiles.dropCaches();
        Lazymount daemon = daemon(way, site);
        for (Compiler compiler : compilers) {
          awaitMounted(daemon, site, compiler);
        }
        storage.awaitQuiet();
        for (Compiler compiler : compilers) {
          measure(site, compiler, recorder);
        }
        end(daemon, site);
      }
      case AUTOFS, AUTOMOUNT -> {
        try (CompileMachine machine = machines.boot(site, compilers, way == Way.AUTOFS)) {
          for (Compiler compiler : compilers) {
            Load before = storage.load();
            double millis = machine.millis(compiles, compiler);
            recorder.record(compiler, millis, storage.load().minus(before));
          }
        }
        workspace.unmount(List.of());
      }
    }
  }

  private void measure(Site site, Compiler compiler, Recorder recorder)
      throws IOException, InterruptedException {
    Load before = storage.load();
    double millis = compiles.millis(compiler, directory(site, compiler), sandboxed);
    recorder.record(compiler, millis, storage.load().minus(before));
  }

  private Lazymount daemon(Way way, Site site, String... more)
      throws IOException, InterruptedException {
    List<String> settings = new ArrayList<>();
    if (canReadAhead()) {
      settings.add(READ_AHEAD + "=" + (way == Way.AHEAD || way == Way.WARM_LIST));
    }
    if (way == Way.WARM_LIST) {
      settings.add("warm.max=100");
    }
    Collections.addAll(settings, more);
    return new Lazymount(workspace, site, settings.toArray(String[]::new));
  }

  private void awaitMounted(Lazymount daemon, Site site, Compiler compiler)
      throws IOException, InterruptedException {
    Path directory = directory(site, compiler);
    daemon.await(
        directory + " is mounted",
        status ->
            status.mounts().stream()
                .anyMatch(
                    mount ->
                        mount.name().equals(compiler.title()) && mount.state().equals("mounted")));
    if (!Storage.isMounted(directory)) {
      throw new IOException("nothing is mounted on " + directory);
    }
  }

  private void end(Lazymount daemon, Site site) throws IOException, InterruptedException {
    daemon.stop();
    unmount(site);
  }

  private void unmount(Site site) throws IOException, InterruptedException {
    workspace.unmount(Storage.mountedBelow(site.root()));
  }

  private static Path directory(Site site, Compiler compiler) {
    return Path.of(site.target(compiler.title()));
  }
}
