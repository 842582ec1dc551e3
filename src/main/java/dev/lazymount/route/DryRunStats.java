package dev.lazymount.route;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.status.MountBoard;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * In observe mode: which images would be mounted, and which accesses they would have served. Used
 * by the Router alone.
 *
 * <p>It assumes that every mount succeeds instantly. In truth, accesses during the milliseconds of
 * a mount are served by the original directory, and so are all accesses to an invalid image.
 */
final class DryRunStats {
  private static final String REASON = "would be mounted; mode is observe";

  private final MountEnv env;
  private final Predicate<String> hasActor;
  private final Set<String> names = new HashSet<>();

  /**
   * Statistics.
   *
   * @param env has the board and the counters
   * @param hasActor whether an image has a MountActor, which then owns its row
   */
  DryRunStats(MountEnv env, Predicate<String> hasActor) {
    this.env = env;
    this.hasActor = hasActor;
  }

  /**
   * Counts an access.
   *
   * @param innermost the image that would serve it
   * @param images all images that it would have mounted
   */
  void add(ImageFile innermost, List<ImageFile> images) {
    if (isHeld(innermost)) {
      return;
    }
    if (names.contains(innermost.name())) {
      env.status().counters().wouldServe.increment();
    }
    images.stream().filter(image -> !isHeld(image)).forEach(this::add);
  }

  private boolean isHeld(ImageFile image) {
    return env.status()
        .mounts()
        .get(image.name())
        .filter(row -> row.state() == MountState.HELD)
        .isPresent();
  }

  private void add(ImageFile image) {
    MountBoard board = env.status().mounts();
    Instant now = Instant.now();
    boolean mounted =
        board.get(image.name()).filter(row -> row.state() == MountState.MOUNTED).isPresent();
    boolean first = !mounted && names.add(image.name());
    if (first) {
      env.status().counters().wouldMount.increment();
    }
    if (!first || hasActor.test(image.name())) {
      board.accessed(image.name(), now);
    } else {
      String file = env.images() + "/" + image.file();
      String target = env.root() + "/" + image.name();
      board.put(
          MountStatus.of(image.name(), file, target)
              .accessed(now)
              .state(MountState.UNMOUNTED, now, REASON)
              .build());
    }
  }

  /** Forgets the images that are no longer there. */
  void retain(Predicate<String> there) {
    names.removeIf(
        name -> {
          boolean gone = !there.test(name);
          if (gone) {
            removeRow(name);
          }
          return gone;
        });
  }

  /** Forgets all images; the mode has changed. */
  void clear() {
    names.forEach(this::removeRow);
    names.clear();
  }

  private void removeRow(String name) {
    if (!hasActor.test(name)) {
      env.status().mounts().remove(name);
    }
  }
}
