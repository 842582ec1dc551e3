package dev.lazymount.batch;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.mount.kernel.MountedImages;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Mounts and unmounts without a daemon, on threads of its own. Daemons and other batches may run or
 * start at the same time: the lock files keep them from acting on the same image.
 */
public final class DirectBatch implements AutoCloseable {
  /** Pause before another attempt at an image that another process has locked. */
  private static final Duration LOCKED_PAUSE = Duration.ofMillis(20);

  private final Settings settings;
  private final KernelMounter mounter;
  private final Catalog catalog;
  private final List<String> problems;
  private final ExecutorService threads;

  private interface Call {
    MountResult run(Mounter.Request request) throws MountFailure;
  }

  private DirectBatch(Settings settings, CatalogScan.Scan scan) {
    this.settings = settings;
    this.catalog = scan.catalog();
    this.problems = scan.problems();
    this.mounter =
        new KernelMounter(
            settings.root(),
            settings.images(),
            settings.lockDir(),
            settings.imageSuffixes(),
            settings.mount());
    this.threads =
        Executors.newFixedThreadPool(
            settings.mount().concurrency(),
            run -> {
              Thread thread = new Thread(run, "mount");
              // A thread that hangs in the kernel must not keep the process from ending.
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Scans the images. Blocks for as long as their storage does.
   *
   * @throws IOException if they can't be scanned, or the lock directory can't be made
   */
  public static DirectBatch open(Settings settings) throws IOException {
    PrivateDirectory.make(settings.lockDir());
    return new DirectBatch(
        settings,
        CatalogScan.scan(
            settings.images().toString(),
            settings.root().toString(),
            settings.imageSuffixes(),
            Catalog.empty()));
  }

  /** The images that the scan found. */
  public Catalog catalog() {
    return catalog;
  }

  /** Problems of the scan, because of which images may be missing; empty if there were none. */
  public List<String> problems() {
    return problems;
  }

  /**
   * Mounts. Blocks.
   *
   * @param stopped whether to start no more
   * @param progress gets each step, on this thread
   * @throws Selection.Unknown if a named image does not exist; nothing is done then
   */
  public Progress mount(Selection selection, BooleanSupplier stopped, Consumer<Progress> progress)
      throws Selection.Unknown, IOException, InterruptedException {
    Call mount = request -> MountResult.mounted(request.name(), mounter.mount(request));
    return batch(name -> begin(request(name), mount), stopped, progress)
        .run(selection.toMount(catalog));
  }

  /**
   * Unmounts. Blocks.
   *
   * @param stopped whether to start no more
   * @param progress gets each step, on this thread
   * @throws Selection.Unknown if a named image neither exists nor is mounted; nothing is done then
   */
  public Progress unmount(Selection selection, BooleanSupplier stopped, Consumer<Progress> progress)
      throws Selection.Unknown, IOException, InterruptedException {
    boolean onlyIdle = selection.which() == Selection.Which.IDLE;
    Map<String, MountedImages.Image> mounted =
        MountedImages.below(settings).stream()
            .collect(Collectors.toMap(MountedImages.Image::name, image -> image));
    Set<String> marked = ConcurrentHashMap.newKeySet();
    Call unmount =
        request -> {
          if (!onlyIdle) {
            return unmounted(request, mounter.unmount(request), false, mounted);
          }
          boolean wasMarked = marked.contains(request.name());
          Mounter.Expiry expiry = mounter.expire(request, wasMarked);
          if (expiry == Mounter.Expiry.MARKED) {
            marked.add(request.name());
          }
          return unmounted(request, expiry, wasMarked, mounted);
        };
    Batch batch =
        batch(
            name ->
                begin(
                    mounted.containsKey(name)
                        ? new Mounter.Request(name, mounted.get(name).file(), List.of())
                        : request(name),
                    unmount),
            stopped,
            progress);
    List<List<String>> layers = selection.toUnmount(catalog, mounted.keySet());
    return onlyIdle ? batch.runTwice(layers) : batch.run(layers);
  }

  private MountResult unmounted(
      Mounter.Request request,
      Mounter.Expiry expiry,
      boolean wasMarked,
      Map<String, MountedImages.Image> mounted) {
    Optional<String> device =
        Optional.ofNullable(mounted.get(request.name())).map(MountedImages.Image::source);
    return MountResult.unmounted(request.name(), expiry, wasMarked)
        .lingering(
            device.filter(from -> expiry == Mounter.Expiry.UNMOUNTED).flatMap(mounter::lingering));
  }

  private Batch batch(Batch.Work work, BooleanSupplier stopped, Consumer<Progress> progress) {
    return new Batch(settings.mount().concurrency(), work, stopped, progress::accept);
  }

  private Mounter.Request request(String name) {
    ImageFile image = catalog.get(name).orElseThrow();
    List<String> inner = catalog.descendants(name).stream().map(ImageFile::name).toList();
    return new Mounter.Request(name, image.file(), inner);
  }

  private CompletionStage<MountResult> begin(Mounter.Request request, Call call) {
    return CompletableFuture.supplyAsync(() -> run(request, call), threads);
  }

  private MountResult run(Mounter.Request request, Call call) {
    long end = System.nanoTime() + settings.mount().timeout().toNanos();
    while (true) {
      try {
        return call.run(request);
      } catch (MountFailure e) {
        if (e.kind() != MountFailure.Kind.LOCKED || System.nanoTime() - end > 0) {
          return MountResult.failed(request.name(), e.getMessage());
        }
      }
      try {
        Thread.sleep(LOCKED_PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return MountResult.failed(request.name(), "interrupted");
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
