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
 * <p>It counts as if every mount had worked, and at once: an access in the milliseconds of a mount
 * would still have got the original, and so would all to an image that turns out to be bad.
 */
final class DryRunStats {
  private static final String REASON = "mode is observe: it would be mounted";

  private final MountEnv env;
  private final Predicate<String> hasActor;
  private final Set<String> names = new HashSet<>();

  /**
   * Nothing observed yet.
   *
   * @param env has the board and the counters
   * @param hasActor whether an image has a MountActor, whose line is its own
   */
  DryRunStats(MountEnv env, Predicate<String> hasActor) {
    this.env = env;
    this.hasActor = hasActor;
  }

  /**
   * An access.
   *
   * @param innermost the image that would serve it
   * @param images all those that it would have mounted
   */
  void add(ImageFile innermost, List<ImageFile> images) {
    if (names.contains(innermost.name())) {
      env.status().counters().wouldServe.increment();
    }
    images.forEach(this::add);
  }

  private void add(ImageFile image) {
    MountBoard board = env.status().mounts();
    Instant now = Instant.now();
    boolean mounted =
        board.get(image.name()).filter(line -> line.state() == MountState.MOUNTED).isPresent();
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

  /** Forgets all others, as they are no images any more. */
  void keepOnly(Predicate<String> there) {
    names.removeIf(
        name -> {
          boolean gone = !there.test(name);
          if (gone) {
            removeLine(name);
          }
          return gone;
        });
  }

  /** Forgets all, as the mode is another now. */
  void forget() {
    names.forEach(this::removeLine);
    names.clear();
  }

  private void removeLine(String name) {
    if (!hasActor.test(name)) {
      env.status().mounts().remove(name);
    }
  }
}
