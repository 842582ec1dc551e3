package dev.lazymount.cli;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.daemon.Assembly;
import dev.lazymount.explain.Explainer;
import dev.lazymount.explain.Explanation;
import dev.lazymount.linux.TimedCall;
import dev.lazymount.mount.kernel.MountedImages;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountStatus;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Explains without a daemon: from the settings, a scan and the mount table. */
public final class OfflineExplainer {
  /** Enough for thousands of images on a busy NFS server. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private OfflineExplainer() {}

  /**
   * Explains a name or path; waits for the image storage for at most ten seconds.
   *
   * @param settings which root and images
   * @param asked a name or an absolute path
   * @param resolved the path with symlinks resolved, if known
   */
  public static Explanation explain(Settings settings, String asked, Optional<String> resolved) {
    DaemonStatus status = new DaemonStatus();
    NewestCatalog newest = new NewestCatalog();
    scan(settings, status, newest);
    newest.get().ifPresent(snapshot -> showMounted(settings, snapshot.catalog(), status));
    return new Explainer(() -> settings, newest::get, status, false, InstantSource.system())
        .explain(asked, resolved);
  }

  private static void scan(Settings settings, DaemonStatus status, NewestCatalog newest) {
    String problem;
    try {
      CatalogScan.Scan found =
          TimedCall.run("scan", TIMEOUT, () -> Assembly.scanner(settings).scan(Catalog.empty()));
      newest.set(found.catalog());
      problem = found.problems().isEmpty() ? null : String.join("; ", found.problems());
    } catch (TimeoutException e) {
      problem = "the image storage has not responded for " + Humanize.exact(TIMEOUT);
    } catch (InterruptedException | ExecutionException e) {
      problem = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
    }
    status.catalog(0, 0, 0, problem);
  }

  /** Adds the images that are mounted, whichever process mounted them. */
  private static void showMounted(Settings settings, Catalog catalog, DaemonStatus status) {
    Collection<MountedImages.Image> mounted;
    try {
      mounted = MountedImages.below(settings);
    } catch (IOException e) {
      return;
    }
    for (MountedImages.Image image : mounted) {
      if (catalog.get(image.name()).isPresent()) {
        status
            .mounts()
            .put(
                MountStatus.of(
                        image.name(),
                        settings.images() + "/" + image.file(),
                        settings.root() + "/" + image.name())
                    .mounted(Instant.now(), image.source(), null, null, null)
                    .build());
      }
    }
  }
}
